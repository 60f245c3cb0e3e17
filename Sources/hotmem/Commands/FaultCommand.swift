// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging
import MemoryModel

/// `hotmem fault`: what is to go wrong on a running machine.
struct FaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Let things go wrong on a running machine, on demand.",
        discussion: """
            Nothing goes wrong that was not asked for. Each fault has a name, is counted, and goes when it is cleared. It \
            writes a control file, which scripts can use themselves:

              echo 'set kind=offline errno=EAGAIN next=2' > /sys/kernel/debug/hotmem/faults

            What goes wrong from boot on stands in the machine file, as [[fault]] with the same keys.

            EXAMPLES:
              hotmem run -- sh -c 'hotmem fault set offline --next 2; chmem -d 128M; hotmem fault list'
              hotmem fault clear --all --root /tmp/m
            """,
        subcommands: [SetFault.self, ListFaults.self, ClearFaults.self])

    /// The machine that is asked.
    struct Place: ParsableArguments {
        @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
        var root: String?

        func control() throws(Failure) -> ControlFile {
            try ControlFile(root: root ?? "/", name: "faults", hasOthers: false)
        }

        /// Says what a fault waits for: there may be a slip in its number.
        func complainOfMissing(_ fault: Fault) {
            // These strike what is yet to be added.
            if fault.kind == .memmap || fault.kind.isOfUevents && fault.action ?? .add == .add { return }
            let system = (root ?? "") + "/sys/devices/system/"
            if let blocks = fault.blocks, !Self.holds(system + "memory", "memory", blocks) {
                let (first, last) = (blocks.lowerBound.rawValue, blocks.upperBound.rawValue)
                let names = first == last ? "no memory\(first)" : "none of memory\(first) to memory\(last)"
                Terminal.complain("there is \(names) now; the fault waits until there is", .warning)
            }
            if let node = fault.node, access(system + "node/node\(node.rawValue)", F_OK) != 0 {
                Terminal.complain("there is no node\(node.rawValue) now; the fault waits until there is", .warning)
            }
        }

        /// Whether a directory has something with one of these numbers.
        private static func holds(_ directory: String, _ name: String, _ numbers: ClosedRange<BlockID>) -> Bool {
            if access("\(directory)/\(name)\(numbers.lowerBound.rawValue)", F_OK) == 0 { return true }
            guard numbers.lowerBound < numbers.upperBound, let listing = opendir(directory) else { return false }
            defer { closedir(listing) }
            while let entry = readdir(listing) {
                let found = withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard found.hasPrefix(name), let number = UInt32(found.dropFirst(name.count)) else { continue }
                if numbers.contains(BlockID(number)) { return true }
            }
            return false
        }

        /// Writes a line.
        func write(_ line: String, _ reasons: [Int32: String]) throws(Failure) {
            let error = try control().write(line)
            guard error != 0 else { return }
            throw Failure.failed(reasons[error] ?? "cannot write faults: \(String(cString: strerror(error)))")
        }
    }

    /// Sets a fault.
    struct SetFault: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Let something go wrong, in place of what was to under its name.",
            discussion: """
                Without --next and --every it goes wrong once, the next time that it could. A block or a node need not be \
                there yet: the fault is set, and a warning says that it waits.

                KINDS:
                  offline  a block is refused to go offline, with --errno (EBUSY)
                  online   a block is refused to go online, with --errno (ENOMEM)
                  memmap   memory that is added finds no memory for its memory map: ENOMEM
                  stuck    a page of a block that goes offline will not migrate, for --time or until this is cleared
                  slow     each page of a block that goes offline takes --time to migrate
                  delay    a uevent is sent --time later
                  lose     a uevent is not sent
                  double   a uevent is sent twice
                  reorder  a uevent is sent after the next one, or after --time (1s)
                  flood    --uevents (5000) others are sent before a uevent

                EXAMPLES:
                  hotmem fault set offline --errno EAGAIN --next 2 --block 34
                  hotmem fault set slow --time 5ms --every 1
                  hotmem fault set lose --every 3 --seed 7 --subsystem memory --action add
                """)

        @Argument(help: "What goes wrong.", completion: .list(FaultKind.allCases.map(\.rawValue)))
        var kind: String

        @Option(help: "What it is cleared by (default: its kind).")
        var name: String?

        @Option(help: "How often it goes wrong at most.")
        var next: String?

        @Option(help: "Of so many times that it could, it goes wrong at one.")
        var every: String?

        @Option(help: "Which of those, at random and the same for the same seed (default: the last).")
        var seed: String?

        @Option(help: "What going offline or online fails with, a name such as EBUSY or ebusy, or a number.")
        var errno: String?

        @Option(help: "How long it takes or lasts, such as 250us, 10ms or 2s.")
        var time: String?

        @Option(help: "How many uevents a flood has.")
        var uevents: String?

        @Option(help: "Only these blocks, or uevents of these: a number, or a range such as 40-47.")
        var block: String?

        @Option(help: "Only blocks on this node.")
        var node: String?

        @Option(help: "Only uevents of this subsystem.")
        var subsystem: String?

        @Option(
            help: "Only uevents with this action.", completion: .list(UeventAction.allCases.map(\.rawValue)))
        var action: String?

        @OptionGroup var place: Place

        func run() throws {
            let given: [(FaultKey, String?)] = [
                (.kind, kind), (.name, name), (.next, next), (.every, every), (.seed, seed), (.errno, errno),
                (.time, time), (.uevents, uevents), (.block, block), (.node, node), (.subsystem, subsystem),
                (.action, action),
            ]
            let words = Dictionary(given.compactMap { key, value in value.map { (key, $0) } }) { $1 }
            let fault = try fault(words)
            let line = fault.words.map { "\($0.key.rawValue)=\($0.value)" }.joined(separator: " ")
            let isKnown = try name == nil && FaultReport.names(place.control().read()).contains(fault.name)
            try place.write(
                "set " + line,
                [ENOSPC: "there are too many faults (clear some), or no space left for the machine's journal"])
            if isKnown {
                Terminal.complain(
                    "this takes the place of the fault \(fault.name) that was set before; with --name both stand",
                    .warning)
            }
            place.complainOfMissing(fault)
        }

        private func fault(_ words: [FaultKey: String]) throws(Failure) -> Fault {
            do throws(FaultProblem) { return try Fault(words) } catch {
                throw Failure.usage(
                    (error.key == .kind ? "the kind \(kind) " : "--\(error.key.rawValue) ") + error.reason)
            }
        }
    }

    /// Lists the faults.
    struct ListFaults: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List what was set, and how often it went wrong.",
            discussion: """
                A line each, with how often it could have gone wrong (asked) and did (hits).

                EXAMPLES:
                  hotmem fault list --root /tmp/m --json
                """)

        @Flag(help: "As JSON: an array of objects with the keys of the control file.")
        var json = false

        @OptionGroup var place: Place

        func run() throws {
            let text = try place.control().read()
            Terminal.print(json ? FaultReport.json(text) : FaultReport.table(text))
        }
    }

    /// Clears faults.
    struct ClearFaults: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Forget what was to go wrong; what it holds back goes on.",
            discussion: """
                Of several names, all are forgotten, or none if one of them is unknown.

                EXAMPLES:
                  hotmem fault clear offline slow
                  hotmem fault clear --all --root /tmp/m
                """)

        @Argument(help: "Their names.")
        var names: [String] = []

        @Flag(help: "All of them.")
        var all = false

        @OptionGroup var place: Place

        func validate() throws {
            if names.isEmpty != all { throw ValidationError("give names, or --all") }
            if let name = names.first(where: { !$0.isName }) { throw ValidationError("\"\(name)\" is no name") }
        }

        func run() throws {
            if all { return try place.write("clear", [:]) }
            // One after the other would leave those before the unknown one forgotten.
            let known = FaultReport.names(try place.control().read())
            for name in names where !known.contains(name) { throw Failure.failed("there is no fault named \(name)") }
            for name in Set(names) {
                try place.write("clear name=\(name)", [ENOENT: "there is no fault named \(name)"])
            }
        }
    }
}
