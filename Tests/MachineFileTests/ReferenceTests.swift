// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Testing

/// What the manual says of machine files is what the reader does.
@Suite struct `The reference of machine files` {
    /// Values, and whether a key may have them by what its values are called.
    private static let values: [(text: String, isOf: @Sendable (String) -> Bool)] = [
        ("\"x\"", { $0.hasSuffix("a string") || $0.contains("or a string") }), ("true", { $0.hasPrefix("true") }),
        ("1", { $0.hasPrefix("an integer") }), ("[]", { $0.hasPrefix("an array") }),
    ]

    /// A key path such as `memory[0].first`, where a table of the reference is the file's only one of its kind.
    private static func path(_ table: FileTable, _ key: FileKey) -> String {
        table.name.isEmpty ? key.name : "\(table.name)[0].\(key.name)"
    }

    /// The least that a table has to have, without one key.
    private static func least(_ table: FileTable, without key: FileKey) -> [String] {
        var lines: [String] = []
        for other in table.keys where other.name != key.name && other.kind.wanted != FileKey.Kind.tables.wanted {
            if case .name(let names) = other.kind, case .required = other.presence {
                lines.append("\(other.name) = \"\(names.first ?? "")\"")
            } else if case .required = other.presence {
                lines.append("\(other.name) = \(other.kind.wanted == "a string" ? "\"x\"" : "0")")
            }
        }
        if table.keys.contains(where: { $0.name == "last" }), key.name != "last", key.name != "size" {
            lines.append("last = 0x3fffffff")
        }
        return lines
    }

    /// A machine file with one key more than it has to have.
    private static func text(_ table: FileTable, _ key: FileKey, _ value: String) -> String {
        let lines = least(table, without: key) + ["\(key.name) = \(value)"]
        guard !table.name.isEmpty else {
            return lines.joined(separator: "\n") + (key.name == "memory" ? "" : "\n" + Texts.small)
        }
        let rest = table.name == "memory" ? "" : Texts.small + "\n"
        return rest + "[[\(table.name)]]\n" + lines.joined(separator: "\n") + "\n"
    }

    @Test func `every key is described, once`() {
        for table in FileTable.all {
            #expect(table.summary.hasSuffix("."))
            #expect(Set(table.keys.map(\.name)).count == table.keys.count)
            for key in table.keys {
                #expect(key.summary.count > 8 && key.summary.hasSuffix("."), "\(Self.path(table, key))")
                if case .name(let names) = key.kind { #expect(!names.isEmpty, "\(Self.path(table, key))") }
                if case .otherwise(let sentence) = key.presence { #expect(sentence.hasSuffix(".")) }
            }
        }
    }

    @Test func `a value of another kind is refused, and one of its own is not`() {
        for table in FileTable.all {
            for key in table.keys {
                for value in Self.values {
                    let (path, wanted) = (Self.path(table, key), key.kind.wanted)
                    let error = Texts.error(Self.text(table, key, value.text))
                    let isRefused = error?.keyPath == path && error?.reason.hasPrefix("must be \(wanted)") == true
                    #expect(isRefused != value.isOf(wanted), "\(path) = \(value.text): \(String(describing: error))")
                }
            }
        }
    }

    @Test func `what a key usually is makes no difference`() throws {
        for table in FileTable.all {
            for key in table.keys {
                guard case .usually(let value) = key.presence else { continue }
                let text = Self.text(table, key, value)
                let without = text.replacing("\(key.name) = \(value)\n", with: "")
                #expect(text != without, "\(Self.path(table, key))")
                let (one, other) = (Texts.outcome(text), Texts.outcome(without))
                #expect(one == other, "\(Self.path(table, key))")
            }
        }
    }

    @Test func `an unknown key is told the keys of the reference`() {
        for table in FileTable.all {
            let known = table.keys.map(\.name).joined(separator: ", ")
            guard let first = table.keys.first, let last = table.keys.last else { continue }
            // A workload is of one of two forms; the key that makes it the other has to be there.
            let key = table.keys.first { $0.name == "seed" } ?? (table.name.isEmpty ? last : first)
            let value = key.name == "seed" ? "1" : key.name == last.name ? "[]" : "\"0x0\""
            let text = "frobnicate = 1\n" + Self.text(table, key, value)
            let inside = table.name.isEmpty ? text : Self.text(table, key, value) + "frobnicate = 1\n"
            #expect(Texts.error(inside)?.reason == "unknown key; known here: \(known)", "\(inside)")
        }
    }
}

extension Texts {
    /// The machine, or why there is none.
    fileprivate static func outcome(_ text: String) -> Result<MachineDescription, MachineFileError> {
        do throws(MachineFileError) {
            return .success(try MachineFile.parse(text, name: "m.toml"))
        } catch { return .failure(MachineFileError(file: "m.toml", keyPath: error.keyPath, reason: error.reason)) }
    }
}
