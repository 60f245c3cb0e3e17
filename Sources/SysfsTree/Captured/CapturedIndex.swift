// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The records of a capture as a tree of names, to find those that speak of a path.
struct CapturedIndex: Sendable {
    /// A record, and the number that the numbered name on the way to it had.
    struct Found {
        let record: Int
        let number: UInt32
    }

    /// What a path has led to so far: a path may be spoken of by its own name and by numbered ones.
    struct Place {
        fileprivate let node: Int
        let number: UInt32
    }

    private struct Node: Sendable {
        var record: Int?
        var names: [String: Int] = [:]
        var numbered: [(component: PathPattern.Component, node: Int)] = []
        /// The names of children with a record, ascending.
        var below: [String] = []
    }
    private var nodes = [Node()]

    /// Where every path begins.
    let root = [Place(node: 0, number: 0)]

    init(_ records: [CapturedFiles.Record]) {
        for (position, record) in records.enumerated() {
            var node = 0
            for component in record.path.components { node = child(of: node, component) }
            if nodes[node].record == nil { nodes[node].record = position }
        }
        for node in nodes.indices { nodes[node].below = names(below: node) }
    }

    private func names(below node: Int) -> [String] {
        var names = Set(nodes[node].names.filter { nodes[$0.value].record != nil }.keys)
        for case (.numbered(let word, .some(let ranges)), let child) in nodes[node].numbered
        where nodes[child].record != nil {
            for range in ranges { for number in range { names.insert(word + String(number)) } }
        }
        return names.sorted()
    }

    private mutating func child(of node: Int, _ component: PathPattern.Component) -> Int {
        switch component {
        case .name(let name):
            if let child = nodes[node].names[name] { return child }
            nodes[node].names[name] = nodes.count
        case .numbered:
            if let child = nodes[node].numbered.first(where: { $0.component == component }) { return child.node }
            nodes[node].numbered.append((component, nodes.count))
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// Where a name leads from where one is. Its own name comes first, then numbered ones in the file's order.
    func step(_ places: [Place], _ name: String) -> [Place] {
        var next: [Place] = []
        for place in places {
            if let node = nodes[place.node].names[name] { next.append(Place(node: node, number: place.number)) }
            for (component, node) in nodes[place.node].numbered {
                if let number = component.number(in: name) { next.append(Place(node: node, number: number)) }
            }
        }
        return next
    }

    /// What speaks of the path that led here: of several, the first in the file.
    func record(at places: [Place]) -> Found? {
        places.compactMap { place in nodes[place.node].record.map { Found(record: $0, number: place.number) } }
            .min { $0.record < $1.record }
    }

    /// The names below that a record speaks of, ascending; not those of any number.
    func names(below places: [Place]) -> [String] {
        guard places.count > 1 else { return places.first.map { nodes[$0.node].below } ?? [] }
        return Set(places.flatMap { nodes[$0.node].below }).sorted()
    }
}
