// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MemoryModel
import TreeServer

/// How the simulated machine's time passes, and what in it is random.
struct TimeOptions: ParsableArguments {
    @Flag(
        help: """
            The machine's time does not pass by itself: where something waits for it (an offlining that gives up after 120 \
            seconds, pages that move slowly, a late uevent) it goes on to when that happens, at once. What a command does by \
            real time, such as to sleep, does not fit with that: it stays real.
            """)
    var virtualTime = false

    @Option(
        help: ArgumentHelp(
            """
            How long the machine takes: online, offline (of a block), add (probe, plug) and remove (unplug, eject), each \
            such as 20ms or 2s. What is done is done at once; the write returns later. The kernel parameter \
            hotmem.latency= in a machine file's cmdline is the same.
            """, valueName: "what=time,..."))
    var latency: String?

    @Option(
        help: """
            Where random numbers begin for faults with every= and background workloads that have no seed of their own; the \
            kernel parameter hotmem.seed= is the same.
            """)
    var seed: UInt64?

    func validate() throws {
        if let latency, Latencies(latency) == nil {
            let works = Latencies.Work.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--latency \(latency): give some of \(works), as in online=5ms,offline=2s")
        }
    }

    /// How the machine's clock goes.
    var pace: ClockPace { virtualTime ? .virtual : .real }

    /// The machine with what is said here, as kernel parameters: so a journal and a transcript have it, too.
    func applied(to options: MachineOptions) -> MachineOptions {
        var options = options
        let words = [latency.map { "hotmem.latency=\($0)" }, seed.map { "hotmem.seed=\($0)" }].compactMap { $0 }
        options.cmdline = ([options.cmdline].filter { !$0.isEmpty } + words).joined(separator: " ")
        return options
    }
}
