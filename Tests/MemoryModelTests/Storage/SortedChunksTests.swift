// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Sorted chunks` {
    /// In which order many values come.
    enum Arrival: CaseIterable {
        case ascending, descending, random, outwards
    }

    private static let count = 5000

    private func keys(_ arrival: Arrival) -> [UInt64] {
        let all = Array(0..<UInt64(Self.count))
        switch arrival {
        case .ascending: return all
        case .descending: return all.reversed()
        case .random:
            var random = SplitMix(seed: 1)
            return all.shuffled(using: &random)
        case .outwards:
            let middle = UInt64(Self.count / 2)
            return (0..<middle).flatMap { [middle - 1 - $0, middle + $0] }
        }
    }

    private func range(_ key: UInt64) -> ResourceTree.Resource {
        ResourceTree.Resource(first: key * 10, last: key * 10 + 9, name: "r", isBusy: true)
    }

    private func firsts(_ chunks: SortedChunks<ResourceTree.Resource>) -> [UInt64] {
        var list: [UInt64] = []
        chunks.forEach { list.append($0.first) }
        return list
    }

    @Test(arguments: Arrival.allCases)
    func `hold many values in order, whatever order they came in and go in`(arrival: Arrival) {
        var chunks = SortedChunks<ResourceTree.Resource>()
        for key in keys(arrival) { chunks.insert(range(key)) }
        #expect(chunks.count == Self.count)
        #expect(firsts(chunks) == (0..<UInt64(Self.count)).map { $0 * 10 })
        var (forth, back): ([UInt64], [UInt64]) = ([], [])
        var index = chunks.startIndex
        while index != chunks.endIndex {
            forth.append(chunks[index].first)
            index = chunks.index(after: index)
        }
        while index != chunks.startIndex {
            index = chunks.index(before: index)
            back.append(chunks[index].first)
        }
        #expect(forth == firsts(chunks) && back == forth.reversed())
        for key in 0..<UInt64(Self.count) {
            #expect(chunks[chunks.lowerBound(of: key * 10)].first == key * 10)
            let next = chunks.lowerBound(of: key * 10 + 1)
            #expect(key + 1 == Self.count ? next == chunks.endIndex : chunks[next].first == key * 10 + 10)
        }
        for key in keys(arrival).dropFirst(10) { chunks.remove(at: chunks.lowerBound(of: key * 10)) }
        #expect(firsts(chunks) == keys(arrival).prefix(10).map { $0 * 10 }.sorted())
    }

    @Test func `are equal when their values are, and a copy is its own`() {
        var (up, down) = (SortedChunks<ResourceTree.Resource>(), SortedChunks<ResourceTree.Resource>())
        for key in keys(.ascending) { up.insert(range(key)) }
        for key in keys(.random) { down.insert(range(key)) }
        #expect(up == down)
        let copy = up
        up.remove(at: up.lowerBound(of: 20000))
        #expect(up != down && copy == down)
        let last = down.index(before: down.endIndex)
        down[last].last += 1
        #expect(copy != down)
    }

    @Test(arguments: Arrival.allCases)
    func `what is probed in any order stands in order in the resource list`(arrival: Arrival) throws {
        var tree = ResourceTree(last: .max)
        for key in keys(arrival) { try tree.claim(first: key * 10, last: key * 10 + 9, name: "System RAM") }
        #expect(tree.resources.map(\.first) == (0..<UInt64(Self.count)).map { $0 * 10 })
        for key in keys(arrival) {
            #expect(throws: Refusal(.exists, "range overlaps System RAM")) {
                try tree.claim(first: key * 10 + 3, last: key * 10 + 3, name: "new")
            }
        }
        for key in keys(arrival) where key.isMultiple(of: 2) { tree.release(first: key * 10, last: key * 10 + 9) }
        #expect(tree.resources.map(\.first) == (0..<UInt64(Self.count / 2)).map { $0 * 20 + 10 })
    }
}
