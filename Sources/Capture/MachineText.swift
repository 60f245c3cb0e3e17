// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Writes a machine's description as a machine file.
struct MachineText {
    private(set) var text = ""

    /// - Parameter comment: what the file begins with, a line each.
    init(_ machine: MachineDescription, comment: [String]) {
        for line in comment { text += line.isEmpty ? "#\n" : "# \(line)\n" }
        key("abi", machine.abi.rawValue)
        key("arch", machine.architecture.rawValue)
        key("summary", machine.summary)
        if !machine.commandLine.isEmpty { key("cmdline", machine.commandLine) }
        if let size = machine.blockSize { text += "block_size = \(Self.hex(size))\n" }
        if machine.pageSize != machine.architecture.geometries[0].pageSize {
            key("page_size", "\(machine.pageSize >> 10)K")
        }
        if machine.configuresStandby != machine.abi.configuresStandby(on: machine.architecture) {
            text += "standby_config = \(machine.configuresStandby)\n"
        }
        if !machine.hasCrashHotplug { text += "crash_hotplug = false\n" }
        text += "address_bits = \(machine.addressBits)\n"
        if machine.pagingLevels != 4 { text += "paging_levels = \(machine.pagingLevels)\n" }
        if let distances = machine.distances {
            let rows = distances.map { "[" + $0.map(String.init).joined(separator: ", ") + "]" }
            text += "distances = [\(rows.joined(separator: ", "))]\n"
        }
        if let areas = machine.captured?.areas, !areas.isEmpty {
            text += "captured = [\n" + areas.map { "  \(Self.quoted($0)),\n" }.joined() + "]\n"
        }
        for range in machine.memory { add(range) }
        for entry in machine.affinity {
            text +=
                "\n[[affinity]]\nnode = \(entry.node)\nfirst = \(Self.hex(entry.first))\nlast = \(Self.hex(entry.last))\n"
            if entry.hotplug { text += "hotplug = true\n" }
        }
        addProcessors(machine.cpus.map(\.node))
        for workload in machine.workloads { add(workload) }
        for record in machine.captured?.records ?? [] { add(record) }
    }

    private mutating func key(_ name: String, _ value: String) { text += "\(name) = \(Self.quoted(value))\n" }

    private mutating func add(_ range: MachineDescription.FirmwareRange) {
        text += "\n[[memory]]\nfirst = \(Self.hex(range.first))\nlast = \(Self.hex(range.last))\n"
        if range.kind != .usable { key("type", range.kind.rawValue) }
        if let online = range.online { key("online", online.rawValue) }
    }

    private mutating func addProcessors(_ nodes: [Int]) {
        var index = 0
        while index < nodes.count {
            let end = nodes[index...].firstIndex { $0 != nodes[index] } ?? nodes.count
            text += "\n[[cpu]]\nnode = \(nodes[index])\n"
            if end - index > 1 { text += "count = \(end - index)\n" }
            index = end
        }
    }

    /// Memory in a block; a capture makes no other workloads.
    private mutating func add(_ workload: BootWorkload) {
        guard case .memory(let workload, _, _) = workload, let block = workload.block else { return }
        text += "\n[[workload]]\n"
        key("name", workload.name)
        key("kind", workload.kind.rawValue)
        text += "pages = \(workload.pages)\nblock = \(block.rawValue)\n"
    }

    private mutating func add(_ record: CapturedFiles.Record) {
        text += "\n[[file]]\n"
        key("path", record.path.description)
        switch record.content {
        case .absent: text += "absent = true\n"
        case .directory: text += "directory = true\n"
        case .link(let target): key("link", target)
        case .unreadable(let errno): text += "errno = \(errno.rawValue)\n"
        case .bytes(let bytes):
            if let string = String(validating: bytes, as: UTF8.self), !bytes.contains(0) {
                key("text", string)
            } else {
                key("hex", bytes.map { Self.digits($0, 2) }.joined())
            }
        }
        if let mode = record.mode { text += "mode = 0o\(String(mode, radix: 8))\n" }
    }

    /// A number of bytes or an address; those that TOML has no integers for are strings.
    private static func hex(_ number: UInt64) -> String {
        let digits = "0x" + String(number, radix: 16)
        return number > UInt64(Int64.max) ? "\"\(digits)\"" : digits
    }

    private static func digits(_ number: some BinaryInteger, _ width: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// A basic string of TOML's.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
                quoted += "\\u" + digits(scalar.value, 4)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
