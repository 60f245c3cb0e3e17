// SPDX-License-Identifier: Apache-2.0

/// Nodes come with the first thing on them, and go with the last (spec 4, 8.2).
extension Machine {
    /// Makes a node's directory appear, if it is not there.
    mutating func bringOnline(_ node: NodeID) {
        guard !self[node].isOnline else { return }
        self[node].isOnline = true
        self[node].incarnation &+= 1
        changes.append(.nodeAdded(node))
    }

    /// Spec 8.2: a node goes when it spans nothing, no block names it and it has no processor. It stays possible.
    mutating func removeNodeIfEmpty(_ id: NodeID) {
        guard let node = node(id), node.isOnline, node.spanned == 0, node.cpus.isEmpty else { return }
        guard !blocks.contains(where: { $0.links(to: id) }) else { return }
        self[id].isOnline = false
        runtimePowerForbidden.remove(.node(id))
        changes.append(.nodeRemoved(id))
    }
}
