// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Memblock's lists` {
    private var memblock = Memblock(pageSize: 10)

    private func text(_ regions: [Memblock.Region]) -> String {
        regions.map { region in
            let flags = [(Memblock.Flags.hotplug, "H"), (.mirror, "M"), (.nomap, "N")]
                .filter { region.flags.contains($0.0) }.map(\.1).joined()
            let node = region.node.map { "@\($0.rawValue)" } ?? ""
            return "\(region.bytes.lowerBound)-\(region.bytes.upperBound)\(node)\(flags)"
        }.joined(separator: " ")
    }

    @Test mutating func `what touches and is alike is one range, whatever the order it came in`() {
        memblock.add(20..<30)
        memblock.add(0..<10)
        memblock.add(40..<50, node: NodeID(0))
        #expect(text(memblock.memory) == "0-10 20-30 40-50@0")
        memblock.add(10..<20)
        memblock.add(30..<40)
        #expect(text(memblock.memory) == "0-40 40-50@0", "the node keeps them apart")
    }

    @Test mutating func `what is there already stays as it is`() {
        memblock.add(20..<40, node: NodeID(1), flags: .hotplug)
        memblock.add(0..<100, node: NodeID(0))
        #expect(text(memblock.memory) == "0-20@0 20-40@1H 40-100@0")
    }

    /*
         memory    [0                  100)
         remove         [30   60)
                   [0  30)      [60    100)
     */
    @Test mutating func `removing cuts what reaches beyond, and forgets what was reserved`() {
        memblock.add(0..<100)
        memblock.reserve(20..<40)
        memblock.reserve(90..<120)
        memblock.remove(30..<60)
        #expect(text(memblock.memory) == "0-30 60-100")
        #expect(text(memblock.reserved) == "20-30 90-120")
        memblock.remove(0..<1000)
        #expect(memblock.memory.isEmpty && memblock.reserved.isEmpty)
    }

    @Test mutating func `a mark cuts a range, and taking it back makes it whole`() {
        memblock.add(0..<100)
        let before = memblock.memory
        memblock.mark(30..<60, .hotplug)
        memblock.mark(50..<200, .nomap)
        #expect(text(memblock.memory) == "0-30 30-50H 50-60HN 60-100N")
        memblock.clear(0..<200, .hotplug)
        #expect(text(memblock.memory) == "0-50 50-100N")
        memblock.clear(0..<200, .nomap)
        #expect(memblock.memory == before)
    }

    @Test mutating func `a node in use loses its hot-pluggable marks, all of them`() {
        memblock.add(0..<300)
        for (node, start) in [(0, 0), (1, 100), (0, 200)] as [(Int, UInt64)] {
            memblock.setNode(NodeID(node), of: start..<start + 100)
            memblock.setNode(NodeID(node), ofReserved: start..<start + 100)
        }
        memblock.mark(50..<300, .hotplug)
        memblock.reserve(20..<30)
        memblock.setNode(NodeID(0), ofReserved: 0..<100)
        memblock.clearHotplugOfNodesInUse()
        #expect(text(memblock.memory) == "0-100@0 100-200@1H 200-300@0")
        #expect(text(memblock.reserved) == "20-30@0")
    }

    /// Every page by itself is the simplest memblock there is.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `the lists say of every byte what a list of bytes would`(seed: UInt64) {
        struct Byte: Equatable {
            var node: NodeID?
            var flags: Memblock.Flags = []
        }
        var random = SplitMix(seed: seed)
        var memblock = Memblock(pageSize: 1)
        var (memory, reserved) = ([Byte?](repeating: nil, count: 200), [Bool](repeating: false, count: 200))
        for _ in 0..<60 {
            let first = UInt64.random(in: 0..<199, using: &random)
            let bytes = first..<UInt64.random(in: first...200, using: &random)
            let (node, flags) = (NodeID(Int.random(in: 0...1, using: &random)), Memblock.Flags(rawValue: 1))
            let places = bytes.map(Int.init)
            switch Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                memblock.add(bytes, node: node)
                for place in places where memory[place] == nil { memory[place] = Byte(node: node) }
            case 2:
                memblock.remove(bytes)
                for place in places { (memory[place], reserved[place]) = (nil, false) }
            case 3:
                memblock.reserve(bytes)
                for place in places { reserved[place] = true }
            case 4:
                memblock.mark(bytes, flags)
                for place in places { memory[place]?.flags.formUnion(flags) }
            case 5:
                memblock.clear(bytes, flags)
                for place in places { memory[place]?.flags.subtract(flags) }
            default:
                memblock.setNode(node, of: bytes)
                for place in places { memory[place]?.node = node }
            }
        }
        var (found, taken) = ([Byte?](repeating: nil, count: 200), [Bool](repeating: false, count: 200))
        for region in memblock.memory {
            for place in region.bytes { found[Int(place)] = Byte(node: region.node, flags: region.flags) }
        }
        for region in memblock.reserved { for place in region.bytes { taken[Int(place)] = true } }
        #expect(found == memory && taken == reserved, "seed \(seed)")
        for list in [memblock.memory, memblock.reserved] {
            #expect(list.allSatisfy { !$0.bytes.isEmpty }, "seed \(seed)")
            for (lower, upper) in zip(list, list.dropFirst()) {
                #expect(lower.bytes.upperBound <= upper.bytes.lowerBound, "seed \(seed)")
                let alike = lower.node == upper.node && lower.flags == upper.flags
                #expect(lower.bytes.upperBound < upper.bytes.lowerBound || !alike, "seed \(seed)")
            }
        }
    }
}

@Suite struct `Memblock's search` {
    private var memblock = Memblock(pageSize: 10)

    /*
         memory     [0                100)   [200                300)
         reserved        [30 50)                       [270 280)
         top-down                                 [....]              20 at 250
         bottom-up   [..]                                             20 at 10, never at 0
     */
    init() {
        memblock.add(0..<100, node: NodeID(0))
        memblock.add(200..<300, node: NodeID(1))
        memblock.reserve(30..<50)
        memblock.reserve(270..<280)
    }

    @Test mutating func `is for the highest address that fits, or the lowest`() {
        #expect(memblock.find(20, alignment: 10) == 280..<300)
        #expect(memblock.find(30, alignment: 10) == 240..<270)
        #expect(memblock.find(30, alignment: 25) == 225..<255)
        #expect(memblock.find(80, alignment: 10) == nil, "no gap is so large")
        #expect(memblock.find(0, alignment: 10) == nil)
        memblock.isBottomUp = true
        #expect(memblock.find(20, alignment: 10) == 10..<30, "never page 0")
        #expect(memblock.find(30, alignment: 10) == 50..<80)
        #expect(memblock.find(50, alignment: 30) == 210..<260)
    }

    @Test mutating func `takes what it finds, until there is nothing left`() {
        var total: UInt64 = 0
        while let taken = memblock.allocate(10, alignment: 10) {
            #expect(taken.bytes.count == 10 && !taken.lacksMirror)
            total += 10
        }
        #expect(total == 20 + 50 + 90, "all but page 0 and what was reserved")
        #expect(memblock.allocate(1, alignment: 1) == nil)
    }

    @Test mutating func `tries the node it is asked for, then any, unless it must be that one`() {
        #expect(memblock.allocate(40, alignment: 10, node: NodeID(0))?.bytes == 60..<100)
        #expect(memblock.allocate(40, alignment: 10, node: NodeID(0), exactly: true) == nil)
        #expect(memblock.allocate(40, alignment: 10, node: NodeID(0))?.bytes == 230..<270)
    }

    @Test mutating func `leaves hot-pluggable memory alone only where the kernel was told to`() {
        memblock.mark(200..<300, .hotplug)
        #expect(memblock.find(20, alignment: 10) == 280..<300)
        memblock.avoidsHotpluggable = true
        #expect(memblock.find(20, alignment: 10) == 80..<100)
        #expect(memblock.find(20, alignment: 10, node: NodeID(1)) == nil)
        #expect(memblock.allocate(20, alignment: 10, node: NodeID(1))?.bytes == 80..<100)
    }

    @Test mutating func `never takes what is not mapped`() {
        memblock.mark(280..<300, .nomap)
        #expect(memblock.find(20, alignment: 10) == 250..<270)
        memblock.mark(0..<300, .nomap)
        #expect(memblock.allocate(10, alignment: 10) == nil)
    }

    @Test mutating func `takes mirrored memory of any node before other memory of the right one`() {
        memblock.mark(50..<80, .mirror)
        #expect(memblock.allocate(20, alignment: 10, node: NodeID(1)) == .init(bytes: 60..<80, lacksMirror: false))
        #expect(
            memblock.allocate(20, alignment: 10, node: NodeID(1)) == .init(bytes: 280..<300, lacksMirror: true),
            "there is only half of it left")
    }

    @Test mutating func `takes pieces where there is no room for the whole`() {
        var left: UInt64 = 100
        var pieces: [Range<UInt64>] = []
        while left > 0, let piece = memblock.allocateUpTo(left, unit: 20, node: NodeID(1)) {
            pieces.append(piece.bytes)
            left -= UInt64(piece.bytes.count)
        }
        #expect(pieces == [280..<300, 200..<260, 80..<100], "the node's own first, from the top")
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `finds the best of all places that are free`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var memblock = Memblock(pageSize: 1)
        for _ in 0..<6 {
            let first = UInt64.random(in: 0..<150, using: &random)
            memblock.add(first..<first + .random(in: 1...50, using: &random))
        }
        for _ in 0..<6 {
            let first = UInt64.random(in: 0..<190, using: &random)
            memblock.reserve(first..<first + .random(in: 1...10, using: &random))
        }
        let (size, alignment) = (UInt64.random(in: 1...20, using: &random), UInt64.random(in: 1...16, using: &random))
        func contains(_ list: [Memblock.Region], _ byte: UInt64) -> Bool { list.contains { $0.bytes.contains(byte) } }
        let places = (1..<200 as Range<UInt64>).filter { start in
            start.isMultiple(of: alignment)
                && (start..<start + size).allSatisfy {
                    contains(memblock.memory, $0) && !contains(memblock.reserved, $0)
                }
        }
        #expect(memblock.find(size, alignment: alignment)?.lowerBound == places.last, "seed \(seed)")
        memblock.isBottomUp = true
        #expect(memblock.find(size, alignment: alignment)?.lowerBound == places.first, "seed \(seed)")
    }
}
