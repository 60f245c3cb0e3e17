// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Takes a machine's blocks offline, each by itself, and counts.
struct RemovalTrial {
    /// The machine as it was.
    private let machine: Machine
    /// A copy, on which blocks were tried.
    private var copy: Machine
    /// Pages that were moved in the copy.
    private var moved: UInt64 = 0
    private let mostTried: Int
    private let mostMoved: UInt64

    /// A block that was removed comes back empty and its pages are elsewhere. After a part of memory this large has
    /// moved, the copy is too far from the machine, and another is taken.
    private static let largestDrift: UInt64 = 32

    /// Fewer say nothing, however many pages they move.
    private static let leastTried = 16

    /// - Parameters:
    ///   - mostTried: how many blocks to try at most.
    ///   - mostMoved: after how many pages that moved to try no more.
    init(on machine: Machine, atMost mostTried: Int, mostMoved: UInt64) {
        self.machine = machine
        copy = machine
        copy.latencies = Latencies()
        self.mostTried = mostTried
        self.mostMoved = mostMoved
    }

    /// Tries the blocks, in an order in which any number of the first are spread evenly.
    consuming func run(_ progress: (Double) -> Void) -> RemovalCount {
        let online = machine.blocks.filter(\.isOnline)
        var count = RemovalCount(sections: online.count)
        let tries = min(mostTried, online.count)
        let present = machine.nodes.reduce(0) { $0 + $1.present }
        let stride = Self.stride(for: online.count)
        for number in 0..<tries where count.pagesMoved < mostMoved || number < Self.leastTried {
            let block = online[number * stride % online.count]
            if moved > present / Self.largestDrift {
                copy = machine
                copy.latencies = Latencies()
                moved = 0
            }
            count.tried += 1
            if let pages = remove(block) {
                count.removed += 1
                count.pagesMoved += pages
                count.mostPagesMoved = max(count.mostPagesMoved, pages)
            }
            progress(Double(number + 1) / Double(tries))
        }
        return count
    }

    /// The step that visits so many places one after the other, in the golden ratio: each place once, and the gaps
    /// between those visited are never far from equal.
    private static func stride(for count: Int) -> Int {
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        var stride = max(1, Int(Double(count) * 0.618_034))
        while divisor(stride, count) != 1 { stride += 1 }
        return stride
    }

    /// Takes a block offline and brings it back.
    ///
    /// - Returns: how many pages moved, or nil if it did not go at once.
    private mutating func remove(_ block: MemoryBlock) -> UInt64? {
        let outcome = copy.apply(.setState(block.id, .offline))
        let pages = outcome.changes.reduce(into: UInt64(0)) { sum, change in
            if case .pagesMoved(_, let frames, _, _) = change { sum += frames }
        }
        moved += pages
        if let ticket = outcome.waiting {
            _ = copy.apply(.interrupt(ticket))
            return nil
        }
        guard outcome.refusal == nil else { return nil }
        _ = copy.apply(.setState(block.id, block.zone == .movable ? .onlineMovable : .onlineKernel))
        return pages
    }
}
