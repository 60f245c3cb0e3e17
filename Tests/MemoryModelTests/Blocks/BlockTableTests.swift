// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The block table` {
    private func block(_ id: UInt32) -> MemoryBlock {
        MemoryBlock(
            id: BlockID(id), state: .offline, isOnline: false, node: NodeID(0), isBoot: false, presentPages: 1,
            incarnation: 0)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `finds, adds and removes as a sorted list does`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var table = BlockTable()
        var model: [UInt32] = []
        let top: UInt32 = seed.isMultiple(of: 2) ? 40 : .max
        for step in 0..<300 {
            let number =
                model.isEmpty || Bool.random(using: &random)
                ? .random(in: 0...top, using: &random) : model.randomElement(using: &random)!
            let place = model.firstIndex { $0 >= number } ?? model.count
            let isThere = place < model.count && model[place] == number
            let found = table.lowerBound(of: BlockID(number))
            #expect(table.distance(from: table.startIndex, to: found) == place, "seed \(seed), step \(step)")
            #expect(table.position(of: BlockID(number)) == (isThere ? found : nil), "seed \(seed), step \(step)")
            #expect(table[BlockID(number)]?.id == (isThere ? BlockID(number) : nil), "seed \(seed), step \(step)")
            if isThere, Int.random(in: 0..<3, using: &random) == 0 {
                // Some of the ids in the range are there, some are not.
                let last = number + min(.random(in: 0...3, using: &random), top - number)
                table.remove(BlockID(number)...BlockID(last))
                model.removeAll { (number...last).contains($0) }
            } else if !isThere {
                table.insert(block(number))
                model.insert(number, at: place)
            }
            #expect(table.map(\.id.rawValue) == model, "seed \(seed), step \(step)")
        }
    }

    @Test func `a block on two nodes names them in order`() {
        var shared = block(1)
        #expect(shared.nodes == [NodeID(0)])
        shared.node = NodeID(3)
        shared.otherNodes = [NodeID(1)]
        #expect(shared.nodes == [NodeID(1), NodeID(3)])
        #expect(shared.links(to: NodeID(1)) && shared.links(to: NodeID(3)) && !shared.links(to: NodeID(0)))
    }
}
