// SPDX-License-Identifier: Apache-2.0

extension MachineMap {
    /// The map for programs: one object with architecture, abi, page_size, block_size, nodes and blocks.
    public var json: String {
        let members = [
            "  \"architecture\": \(JSON.text(architecture))", "  \"abi\": \(JSON.text(abi))",
            "  \"page_size\": \(pageSize)", "  \"block_size\": \(blockSize)",
            "  \"nodes\": " + JSON.array(nodes.map(\.json)), "  \"blocks\": " + JSON.array(runs.map(\.json)),
        ]
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }
}

extension MachineMap.Node {
    /// The node for programs, with its zones.
    public var json: String {
        JSON.object([
            ("id", "\(id)"), ("cpus", JSON.text(cpus)), ("present", "\(present)"), ("managed", "\(managed)"),
            ("free", "\(free)"), ("zones", "[" + zones.map(\.json).joined(separator: ", ") + "]"),
        ])
    }
}

extension MachineMap.Zone {
    fileprivate var json: String {
        JSON.object([
            ("name", JSON.text(name)), ("start_pfn", "\(start)"), ("spanned", "\(spanned)"), ("present", "\(present)"),
            ("managed", "\(managed)"), ("free", "\(free)"),
        ])
    }
}

extension MachineMap.Run {
    /// The run for programs.
    public var json: String {
        var members = [
            ("first", "\(blocks.lowerBound)"), ("last", "\(blocks.upperBound)"), ("node", "\(node)"),
            ("state", JSON.text(state)), ("zone", zone.map(JSON.text) ?? "null"), ("present", "\(present)"),
            ("free", "\(free)"), ("movable", "\(movable)"), ("staying", "\(staying)"), ("reserved", "\(reserved)"),
            ("broken", "\(broken)"),
        ]
        if let nodes { members.append(("nodes", JSON.text(nodes))) }
        if let device { members.append(("device", JSON.text(device))) }
        if isAvoided { members.append(("avoided", "true")) }
        return JSON.object(members)
    }
}
