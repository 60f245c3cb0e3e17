// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Page records` {
    private static let order = 3
    private var records = PageRecords(pageblockOrder: order)

    init() { records.append(64) }

    @Test mutating func `are tails until they are written, and hold what was`() {
        #expect(records.count == 64)
        #expect((0..<64).allSatisfy { records[$0].use == .tail })
        records[8].use = .free
        #expect(records[8].use == .free && records[9].use == .tail)
        records[13].owner = 7
        #expect(records[8].use == .free && records[13].owner == 7 && records[12].owner == 0)
        records.clear(8..<16)
        #expect((0..<64).allSatisfy { records[$0].use == .tail && records[$0].owner == 0 })
        records[20].owner = 9
        #expect(records[21].owner == 0 && records[13].owner == 0)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    mutating func `agree with an array, and copies with what they were copied from`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var model = [UInt32](repeating: 0, count: 64)
        var (copy, copied) = (records, model)
        for step in 0..<500 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                records.append(8)
                model += Array(repeating: 0, count: 8)
            case 1:
                let first = Int.random(in: 0..<model.count / 8, using: &random) * 8
                records.unshare()
                records.clear(first..<first + 8)
                for index in first..<first + 8 { model[index] = 0 }
            case 2: (copy, copied) = (records, model)
            default:
                let index = Int.random(in: 0..<model.count, using: &random)
                let owner = UInt32.random(in: 1...100, using: &random)
                records.unshare()
                records[index].owner = owner
                model[index] = owner
            }
            #expect(model.indices.map { records[$0].owner } == model, "seed \(seed), step \(step)")
            #expect(copied.indices.map { copy[$0].owner } == copied, "seed \(seed), step \(step)")
        }
    }
}
