// SPDX-License-Identifier: Apache-2.0

// What the engine costs, without files: `make bench` prints it.

import MachineFile
import MemoryModel

let clock = ContinuousClock()

/// Does something several times and says how long the quickest took.
func measure(_ name: String, times: Int = 5, per count: Int = 1, unit: String, _ body: () throws -> Void) rethrows {
    var best = Duration.seconds(1_000_000)
    for _ in 0..<times {
        let time = try clock.measure(body)
        best = min(best, time)
    }
    let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) / 1e18
    let each = seconds * 1e9 / Double(count)
    print("\(name): \(Int(seconds * 1e6)) us, \(Int(each)) ns \(unit), \(Int(1e9 / max(each, 0.001))) a second")
}

extension Machine {
    /// Gives a command that must be done.
    mutating func must(_ command: Command) {
        let outcome = apply(command)
        guard outcome.refusal == nil, outcome.waiting == nil else { fatalError("\(command): \(outcome)") }
    }
}

func machine(_ text: String) throws -> Machine { Machine(booting: try MachineFile.parse(text, name: "benchmark")) }

let small = try machine(
    """
    memory = [{ first = 0, size = "2G" }]
    affinity = [{ node = 0, first = 0, size = "64G" }]
    """)

// Pages are taken and given back one by one, through a CPU's stock and the buddy lists.
do {
    var machine = small
    let pages = 20_000
    measure("order-0 pages, allocated and freed", per: pages, unit: "a pair") {
        machine.must(.allocate(Workload(name: "w", kind: .anon, pages: UInt64(pages))))
        machine.must(.free(name: "w"))
    }
}

// A block of pages of two owners in turn, so that no page is like its neighbour.
do {
    var full = small
    for block in 32...34 as ClosedRange<UInt64> { full.must(.probe(address: block << 27)) }
    full.must(.setState(BlockID(32), .onlineMovable))
    for step in 0..<512 {
        let pages = UInt64(32768 / 512)
        full.must(.allocate(Workload(name: "w\(step)", kind: .anon, block: BlockID(32), pages: pages)))
    }
    full.must(.setState(BlockID(33), .onlineMovable))
    full.must(.setState(BlockID(34), .onlineMovable))
    measure("offline of a block full of movable pages", per: 32768, unit: "a page") {
        var machine = full
        machine.must(.setState(BlockID(32), .offline))
    }
    var empty = small
    empty.must(.probe(address: 32 << 27))
    measure("online and offline of an empty block", times: 1000, per: 2, unit: "each") {
        empty.must(.setState(BlockID(32), .onlineMovable))
        empty.must(.setState(BlockID(32), .offline))
    }
}

for count in [10_000, 100_000] {
    let large = try machine(
        """
        address_bits = 46
        block_size = "128M"
        memory = [{ first = 0, size = "1T" }]
        affinity = [{ node = 0, first = 0, size = "60T" }]
        """)
    measure("hot-add by probe, then online, of \(count) blocks", times: 3, per: count, unit: "a block") {
        var machine = large
        let first = UInt64(1) << 40
        for block in 0..<UInt64(count) {
            machine.must(.probe(address: first + block << 27))
            machine.must(.setState(BlockID(UInt32((first + block << 27) >> 27)), .onlineMovable))
        }
    }
}

let huge = try MachineFile.resolve("huge")
measure("boot of 64 TiB, 524,288 blocks", times: 3, unit: "") {
    _ = Machine(booting: huge)
}
