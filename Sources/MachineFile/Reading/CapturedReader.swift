// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Reads what was captured of a real machine: `captured`, and the tables of `[[file]]`.
struct CapturedReader {
    let root: TableReader

    /// What was captured; nil where nothing was.
    func read() throws(MachineFileError) -> CapturedFiles? {
        let areas = try root.strings("captured")
        for (index, area) in areas.enumerated() {
            let names = area.pathNames
            guard area.utf8.first == UInt8(ascii: "/"), ["sys", "proc"].contains(names.first ?? ""),
                !names.contains(".."), !names.contains(".")
            else {
                throw root.error("captured[\(index)]", "\(area.quoted) is no path below /sys or /proc")
            }
        }
        let tables = try root.tables("file")
        guard tables.count <= CapturedFiles.mostRecords else {
            throw root.error("file", "more than \(CapturedFiles.mostRecords) tables; a machine cannot have so many")
        }
        guard !areas.isEmpty || !tables.isEmpty else { return nil }
        var records: [CapturedFiles.Record] = []
        records.reserveCapacity(tables.count)
        var listed: UInt64 = 0
        for table in tables {
            let record = try read(table)
            if case .numbered(_, .some(let ranges))? = record.path.components.last {
                listed += ranges.reduce(0) { $0 + UInt64($1.upperBound - $1.lowerBound) + 1 }
            }
            guard listed <= CapturedFiles.mostListed else {
                throw table.error("path", "more than \(CapturedFiles.mostListed) files are listed by their numbers")
            }
            records.append(record)
        }
        return CapturedFiles(areas: areas, records: records)
    }

    private func read(_ table: TableReader) throws(MachineFileError) -> CapturedFiles.Record {
        try table.expectOnly(.file)
        let contents = try contents(table)
        let mode = try table.integer("mode")
        guard mode.map({ (0...0o777).contains($0) }) ?? true else {
            throw table.error("mode", "must be 0 to 0o777, is 0o\(String(mode ?? 0, radix: 8))")
        }
        guard let text = try table.string("path") else { throw table.missing("path") }
        guard let path = PathPattern(text), path.components.allSatisfy({ $0.description.utf8.count <= 255 }) else {
            throw table.error(
                "path", "\(text.quoted) is no path from the root on, of which one name may end in * or {NUMBERS}")
        }
        guard Self.isInTree(path) else {
            throw table.error("path", "\(text.quoted) is not below /sys or /proc, or the machine cannot be without it")
        }
        guard contents.count == 1, let content = contents.first else {
            let found = contents.isEmpty ? "none" : "several"
            throw table.error("path", "needs one of text, hex, errno, link, directory and absent; there is \(found)")
        }
        if case .numbered(_, nil)? = path.components.last, content != .absent {
            throw table.error("path", "\(text.quoted) stands for no end of files; list their numbers")
        }
        return CapturedFiles.Record(path, content, mode: mode.map { UInt16($0) })
    }

    private func contents(_ table: TableReader) throws(MachineFileError) -> [CapturedFiles.Content] {
        var contents: [CapturedFiles.Content] = []
        if let text = try table.string("text") { contents.append(.bytes(Array(text.utf8))) }
        if let hex = try table.string("hex") {
            guard let bytes = Self.bytes(hex) else { throw table.error("hex", "must be pairs of hexadecimal digits") }
            contents.append(.bytes(bytes))
        }
        if let errno = try table.integer("errno") {
            guard (1...511).contains(errno) else { throw table.error("errno", "must be 1 to 511, is \(errno)") }
            contents.append(.unreadable(Errno(rawValue: Int32(errno))))
        }
        if let target = try table.string("link") {
            guard (1...4095).contains(target.utf8.count) else {
                throw table.error("link", "must have 1 to 4095 bytes, has \(target.utf8.count)")
            }
            contents.append(.link(target))
        }
        if try table.bool("directory") ?? false { contents.append(.directory) }
        if try table.bool("absent") ?? false { contents.append(.absent) }
        return contents
    }

    /// Whether a path is one that a machine's tree may have, and not the simulator's own.
    private static func isInTree(_ path: PathPattern) -> Bool {
        let own: [PathPattern.Component] = [.name("sys"), .name("kernel"), .name("debug"), .name("hotmem")]
        guard path.components.count > 1, !path.components.starts(with: own) else { return false }
        // Nor what these are in: there is no machine without them.
        let memory = PathPattern(path: "/sys/devices/system/memory").components
        guard !own.starts(with: path.components), !memory.starts(with: path.components) else { return false }
        return path.components.first == .name("sys") || path.components.first == .name("proc")
    }

    private static func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16),
                digits[start] != UInt8(ascii: "+")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
