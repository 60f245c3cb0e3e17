// SPDX-License-Identifier: Apache-2.0

extension MachineMap {
    /// The map for programs: one object with architecture, abi, page_size, block_size, nodes and blocks.
    public var json: String {
        let members = [
            "  \"architecture\": \(JSONText.text(architecture))", "  \"abi\": \(JSONText.text(abi))",
            "  \"page_size\": \(pageSize)", "  \"block_size\": \(blockSize)",
            "  \"nodes\": " + JSONText.array(nodes.map(\.json)), "  \"blocks\": " + JSONText.array(runs.map(\.json)),
        ]
        return "{\n" + members.joined(separator: ",\n") + "\n}\n"
    }
}

extension MachineMap.Node {
    /// The node for programs, with its zones.
    public var json: String {
        JSONText.object([
            ("id", "\(id)"), ("cpus", JSONText.text(cpus)), ("present", "\(present)"), ("managed", "\(managed)"),
            ("free", "\(free)"), ("zones", "[" + zones.map(\.json).joined(separator: ", ") + "]"),
        ])
    }
}

extension MachineMap.Zone {
    fileprivate var json: String {
        JSONText.object([
            ("name", JSONText.text(name)), ("start_pfn", "\(start)"), ("spanned", "\(spanned)"),
            ("present", "\(present)"),
            ("managed", "\(managed)"), ("free", "\(free)"),
        ])
    }
}

extension MachineMap.Run {
    /// The run for programs.
    public var json: String {
        var members = [
            ("first", "\(blocks.lowerBound)"), ("last", "\(blocks.upperBound)"), ("node", "\(node)"),
            ("state", JSONText.text(state)), ("zone", zone.map(JSONText.text) ?? "null"), ("present", "\(present)"),
            ("free", "\(free)"), ("movable", "\(movable)"), ("staying", "\(staying)"), ("reserved", "\(reserved)"),
            ("broken", "\(broken)"),
        ]
        if let nodes { members.append(("nodes", JSONText.text(nodes))) }
        if let device { members.append(("device", JSONText.text(device))) }
        if isAvoided { members.append(("avoided", "true")) }
        return JSONText.object(members)
    }
}
