// SPDX-License-Identifier: Apache-2.0

import Benchmark
import MemoryModel

/// What the engine costs, without files. The last word of each name is how many items are worked on, so that who reads the
/// results can tell what one costs; each is measured with ten times as many, too, to see how the cost grows.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock], timeUnits: .nanoseconds, warmupIterations: 0, maxDuration: .seconds(5),
        maxIterations: 25)

    for rounds in [1, 10] {
        Benchmark("order-0 pages allocated and freed \(rounds * 20_000)") { benchmark in
            var machine = Machines.small()
            // Fewer pages each than a block has: a whole block would be taken at once, as one.
            func allocateAndFree() {
                for round in 0..<rounds {
                    machine.must(.allocate(Workload(name: "w\(round)", kind: .anon, pages: 20_000)))
                }
                for round in 0..<rounds { machine.must(.free(name: "w\(round)")) }
            }
            // What the machine needs for records of pages is allocated once.
            allocateAndFree()
            benchmark.startMeasurement()
            allocateAndFree()
            benchmark.stopMeasurement()
        }
    }

    for blocks in [1, 10] {
        Benchmark("pages migrated by offline \(blocks * Machines.pagesPerBlock)") { benchmark in
            var machine = Machines.full(blocks: blocks)
            benchmark.startMeasurement()
            for block in Machines.added(blocks) { machine.must(.setState(block, .offline)) }
            benchmark.stopMeasurement()
        }
    }

    for pairs in [1000, 10_000] {
        Benchmark("empty blocks brought online and offline \(pairs)") { benchmark in
            var machine = Machines.small()
            machine.probe(blocks: 1)
            let block = Machines.added(1)[0]
            benchmark.startMeasurement()
            for _ in 0..<pairs {
                machine.must(.setState(block, .onlineMovable))
                machine.must(.setState(block, .offline))
            }
            benchmark.stopMeasurement()
        }
    }

    for blocks in [100_000, 1_000_000] {
        Benchmark("blocks probed and brought online \(blocks)") { benchmark in
            var machine = Machines.large()
            let first = Machines.hotplugged >> Machines.blockShift
            benchmark.startMeasurement()
            for number in first..<first + UInt64(blocks) {
                machine.must(.probe(address: number << Machines.blockShift))
                machine.must(.setState(BlockID(UInt32(number)), .onlineMovable))
            }
            benchmark.stopMeasurement()
        }
    }

    for blocks in [52_429, 524_288] {
        Benchmark("blocks booted \(blocks)") { benchmark in
            let description = Machines.eightNodes(blocks: blocks)
            benchmark.startMeasurement()
            blackHole(Machine(booting: description))
            benchmark.stopMeasurement()
        }
    }
}
