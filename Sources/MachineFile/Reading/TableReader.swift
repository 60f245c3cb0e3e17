// SPDX-License-Identifier: Apache-2.0

import TOMLKit

/// Typed values of a TOML table; every failure names its key.
///
/// Keys are looked up, never iterated with their values: the library's iterator traps on keys it cannot find again.
struct TableReader {
    let table: TOMLTable
    /// The table's own key path; empty for the file.
    let path: String
    let locator: Locator

    /// The key path of one of the table's keys.
    func keyPath(_ key: String) -> String {
        let key = key.isEmpty ? "\"\"" : key
        return path.isEmpty ? key : "\(path).\(key)"
    }

    /// Whether the table has the key.
    func has(_ key: String) -> Bool {
        table[key] != nil
    }

    /// An error about one of the table's keys.
    func error(_ key: String, _ reason: String) -> MachineFileError {
        locator.error(keyPath(key), reason)
    }

    /// Refuses keys that are not known here.
    func expectOnly(_ form: FileTable) throws(MachineFileError) {
        let known = form.keys.map(\.name)
        for key in table.keys.sorted() where !known.contains(key) {
            if let near = NearestName.of(key, in: known) {
                throw error(key, "unknown key; did you mean \(near.quoted)?")
            }
            throw error(key, "unknown key; known here: \(known.joined(separator: ", "))")
        }
    }

    /// A string, or nil if the key is absent.
    func string(_ key: String) throws(MachineFileError) -> String? {
        guard let value = table[key] else { return nil }
        guard let string = value.string else { throw error(key, wrongType(value, .text)) }
        return string
    }

    /// A string that names one of the cases, or nil if the key is absent.
    func name<Value>(
        _ key: String, of type: Value.Type
    ) throws(MachineFileError) -> Value? where Value: RawRepresentable<String> & CaseIterable {
        guard let string = try string(key) else { return nil }
        if let value = Value(rawValue: string) { return value }
        let known = Value.allCases.map(\.rawValue)
        let hint = NearestName.of(string, in: known).map { "; did you mean \($0.quoted)?" } ?? ""
        throw error(key, "unknown \(key) \(string.quoted)\(hint) (known: \(known.joined(separator: ", ")))")
    }

    /// A truth value, or nil if the key is absent.
    func bool(_ key: String) throws(MachineFileError) -> Bool? {
        guard let value = table[key] else { return nil }
        guard let bool = value.bool else { throw error(key, wrongType(value, .truth)) }
        return bool
    }

    /// An integer, or nil if the key is absent.
    func integer(_ key: String) throws(MachineFileError) -> Int? {
        guard let value = table[key] else { return nil }
        guard let integer = value.int else { throw error(key, wrongType(value, .integer)) }
        return integer
    }

    /// An integer or a string, as it is written in controls, or nil if the key is absent.
    func word(_ key: String, _ kind: FileKey.Kind) throws(MachineFileError) -> String? {
        guard let value = table[key] else { return nil }
        if case .integerOr = kind {
            if let word = value.string ?? value.int.map(String.init) { return word }
            throw error(key, wrongType(value, kind))
        }
        if case .integer = kind { return try integer(key).map(String.init) }
        return try string(key)
    }

    /// An integer that must be there.
    func requiredInteger(_ key: String) throws(MachineFileError) -> Int {
        guard let integer = try integer(key) else { throw missing(key) }
        return integer
    }

    /// An address or a number of bytes, as an integer or a string, or nil if the key is absent.
    func bytes(_ key: String) throws(MachineFileError) -> UInt64? {
        guard let value = table[key] else { return nil }
        return try bytes(value, key)
    }

    /// An array of numbers of bytes; empty if the key is absent.
    func byteCounts(_ key: String) throws(MachineFileError) -> [UInt64] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else {
            throw error(key, wrongType(value, .byteCounts))
        }
        var counts: [UInt64] = []
        for index in 0..<array.count { counts.append(try bytes(array[index], "\(key)[\(index)]")) }
        return counts
    }

    /// An array of strings; empty if the key is absent.
    func strings(_ key: String) throws(MachineFileError) -> [String] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw error(key, wrongType(value, .texts)) }
        var strings: [String] = []
        for index in 0..<array.count {
            guard let string = array[index].string else {
                throw error("\(key)[\(index)]", wrongType(array[index], .text))
            }
            strings.append(string)
        }
        return strings
    }

    private func bytes(_ value: any TOMLValueConvertible, _ key: String) throws(MachineFileError) -> UInt64 {
        if let integer = value.int {
            guard let bytes = UInt64(exactly: integer) else {
                throw error(key, "must not be negative, is \(integer)")
            }
            return bytes
        }
        guard let string = value.string else {
            throw error(key, wrongType(value, .bytes))
        }
        do {
            return try ByteCount.parse(string)
        } catch {
            switch error {
            case .tooLarge: throw self.error(key, "\(string.quoted) does not fit 64 bits")
            case .malformed:
                throw self.error(
                    key, "\(string.quoted) is no number of bytes; write \"128M\" (K, M, G, T, P, E) or \"0x8000000\"")
            }
        }
    }

    /// An address or a number of bytes that must be there.
    func requiredBytes(_ key: String) throws(MachineFileError) -> UInt64 {
        guard let bytes = try bytes(key) else { throw missing(key) }
        return bytes
    }

    /// The tables of `[[KEY]]`; none if the key is absent.
    func tables(_ key: String) throws(MachineFileError) -> [TableReader] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else {
            throw error(key, wrongType(value, "\(FileKey.Kind.tables.wanted), [[\(key)]]"))
        }
        var tables: [TableReader] = []
        for index in 0..<array.count {
            let element = "\(key)[\(index)]"
            guard let table = array[index].table else {
                throw error(element, wrongType(array[index], "a table: {...} or [[\(key)]]"))
            }
            tables.append(TableReader(table: table, path: keyPath(element), locator: locator))
        }
        return tables
    }

    /// An array of arrays of integers, or nil if the key is absent.
    func integerRows(_ key: String) throws(MachineFileError) -> [[Int]]? {
        guard let value = table[key] else { return nil }
        guard let array = value.array else { throw error(key, wrongType(value, .rows)) }
        var rows: [[Int]] = []
        for index in 0..<array.count {
            guard let elements = array[index].array else {
                throw error("\(key)[\(index)]", wrongType(array[index], "an array of integers"))
            }
            var row: [Int] = []
            for column in 0..<elements.count {
                guard let integer = elements[column].int else {
                    throw error("\(key)[\(index)][\(column)]", wrongType(elements[column], .integer))
                }
                row.append(integer)
            }
            rows.append(row)
        }
        return rows
    }

    /// The error for a key that is not there.
    func missing(_ key: String) -> MachineFileError {
        locator.error(path, "needs \(key.quoted)")
    }

    private func wrongType(_ value: any TOMLValueConvertible, _ wanted: FileKey.Kind) -> String {
        wrongType(value, wanted.wanted)
    }

    private func wrongType(_ value: any TOMLValueConvertible, _ wanted: String) -> String {
        let found =
            switch value.type {
            case .array: "an array"
            case .int: "an integer"
            case .bool: "a boolean"
            default: "a \(value.type)"
            }
        return "must be \(wanted), is \(found)"
    }
}
