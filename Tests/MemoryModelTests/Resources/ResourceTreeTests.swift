// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The resource tree` {
    private var tree = ResourceTree(last: 0xffff)

    private func ranges(_ list: [ResourceTree.Resource]) -> [String] {
        list.map {
            "\($0.first)-\($0.last)" + ($0.children.isEmpty ? "" : ": " + ranges($0.children).joined(separator: " "))
        }
    }

    @Test mutating func `claims stand in order, whatever order they came in`() throws {
        try tree.claim(first: 30, last: 39, name: "c")
        try tree.claim(first: 10, last: 19, name: "a")
        try tree.claim(first: 20, last: 29, name: "b")
        #expect(tree.resources.map(\.name) == ["a", "b", "c"])
    }

    @Test(arguments: [(10, 19), (5, 10), (19, 25), (12, 15), (0, 100)] as [(UInt64, UInt64)])
    mutating func `a claim that touches a busy range is refused with EEXIST`(first: UInt64, last: UInt64) throws {
        try tree.claim(first: 10, last: 19, name: "busy")
        let before = tree
        #expect(throws: Refusal(.exists, "range overlaps busy")) {
            try tree.claim(first: first, last: last, name: "new")
        }
        #expect(tree == before)
    }

    @Test mutating func `a claim nests in a range that is not busy, but must lie in it whole`() throws {
        try tree.claim(first: 100, last: 199, name: "Reserved", isBusy: false)
        try tree.claim(first: 120, last: 139, name: "System RAM")
        #expect(ranges(tree.resources) == ["100-199: 120-139"])
        #expect(throws: Refusal.self) { try tree.claim(first: 130, last: 150, name: "over the first") }
        #expect(throws: Refusal.self) { try tree.claim(first: 190, last: 210, name: "out of the range") }
        #expect(throws: Refusal.self) { try tree.claim(first: 90, last: 110, name: "into the range") }
        try tree.claim(first: 140, last: 199, name: "System RAM")
        #expect(ranges(tree.resources) == ["100-199: 120-139 140-199"])
        tree.release(first: 120, last: 139)
        #expect(ranges(tree.resources) == ["100-199: 140-199"])
    }

    @Test mutating func `nothing can be claimed above the processor's addresses`() throws {
        try tree.claim(first: 0xff00, last: 0xffff, name: "top")
        #expect { try tree.claim(first: 0xfff0, last: 0x10000, name: "over the top") } throws: {
            ($0 as? Refusal)?.errno == .exists
        }
    }

    /*
         100                 199        a claim
          |####|##########|##|          released: its start, its end, its middle
     */
    @Test(
        arguments: [
            (100, 199, []), (100, 119, ["120-199"]), (180, 199, ["100-179"]), (120, 149, ["100-119", "150-199"]),
            (199, 199, ["100-198"]), (90, 110, ["100-199"]), (150, 200, ["100-199"]), (300, 310, ["100-199"]),
        ] as [(UInt64, UInt64, [String])])
    mutating func `releasing trims or splits, and only what lies in one claim`(
        first: UInt64, last: UInt64, left: [String]
    ) throws {
        try tree.claim(first: 100, last: 199, name: "System RAM")
        tree.release(first: first, last: last)
        #expect(ranges(tree.resources) == left)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    mutating func `claims and releases agree with a map of bytes`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var owner = [Bool](repeating: false, count: 64)
        for step in 0..<300 {
            let first = Int.random(in: 0..<64, using: &random)
            let last = Int.random(in: first..<64, using: &random)
            let range = first...last
            if Bool.random(using: &random) {
                let free = !owner[range].contains(true)
                let taken = (try? tree.claim(first: UInt64(first), last: UInt64(last), name: "r")) != nil
                #expect(taken == free, "seed \(seed), step \(step)")
                if taken { for byte in range { owner[byte] = true } }
            } else if tree.resources.contains(where: { $0.first <= first && last <= $0.last }) {
                tree.release(first: UInt64(first), last: UInt64(last))
                for byte in range { owner[byte] = false }
            }
            for byte in owner.indices {
                let claimed = tree.resources.contains { Int($0.first) <= byte && byte <= Int($0.last) }
                #expect(claimed == owner[byte], "seed \(seed), step \(step), byte \(byte)")
            }
        }
    }

    @Test func `a firmware entry goes with exactly its range, and its number is not used again`() {
        var map = FirmwareMap()
        map.add(first: 0, last: 9, name: "System RAM")
        map.add(first: 10, last: 29, name: "System RAM")
        map.remove(first: 10, last: 19)
        #expect(map.entries.map(\.number) == [0, 1])
        map.remove(first: 10, last: 29)
        map.add(first: 10, last: 29, name: "System RAM")
        #expect(map.entries.map(\.number) == [0, 2])
    }
}
