// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TreeServer

/// `hotmem events`: what happened to a running machine.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Tell what happened to a running machine, in order.",
        discussion: """
            Tells of uevents, calls of the memory notifier chain, changes of state, migrated pages, what a block waits \
            for, and refused writes with the kernel's reason; and of uevents that a listener lost because it did not \
            read in time. Each has a number of its own, which begins with 1 when the machine boots, and the time. The \
            latest 65,536 are kept; where some are missing, it says so. Who follows a mounted machine keeps it busy: end \
            that before umount.

            It asks the machine of the world it is in (hotmem run), or the one mounted at --root. It reads a control \
            file, which scripts can use themselves, a line an event:

              cat /sys/kernel/debug/hotmem/events        what happened so far
              cat <>/sys/kernel/debug/hotmem/events      the same, and then waits for more
              echo note here it begins > /sys/kernel/debug/hotmem/events

            VALUES:
            Beside number, time in seconds of the epoch, and kind, as JSON has them and the control file in key=value:
              uevent     the message's own variables: ACTION, DEVPATH, SUBSYSTEM, ...
              notifier   action, start_pfn, nr_pages, status_change_nid and its kinds; errno and reason if refused
              state      block, state
              migration  block, pages, node and zone where they went
              waiting    block, reason
              zone       node, zone
              workload   name
              poison     pfn
              firmware   device, event, status
              fault      name, fault (its kind), and block or the uevent's variables; errno, delay, uevents
              refused    file, text, errno, reason; without file and text for part of what a write asked for
              lost       listener (its netlink port), uevents
              note       text

            EXAMPLES:
              hotmem run -- sh -c 'echo 0x140000000 > /sys/devices/system/memory/probe; hotmem events'
              hotmem events --root /tmp/m --follow --json
              hotmem events --root /tmp/m --only uevent,refused
            """)

    @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
    var root: String?

    @Flag(name: .shortAndLong, help: "Go on: wait for more, until the machine ends.")
    var follow = false

    @Flag(help: "As JSON: one object a line, with number, time (seconds), kind and the event's own values.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Only these kinds: \(EventRecord.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "kind,..."),
        completion: .list(EventRecord.Kind.allCases.map(\.rawValue)))
    var only: String?

    @Option(help: ArgumentHelp("Only events after the one with this number.", valueName: "number"))
    var after: UInt64 = 0

    func run() throws {
        let kinds = try chosenKinds()
        let control = try ControlFile(root: root ?? "/", name: "events", hasOthers: false)
        var last = after
        try control.readLines(follow: follow) { line in
            guard let event = EventRecord(line: line), event.number > last else { return }
            if event.number > last + 1 {
                Terminal.complain("no longer kept: events \(last + 1) to \(event.number - 1)")
            }
            last = event.number
            guard kinds.contains(event.kind) else { return }
            Terminal.print((json ? EventReport.json(event) : EventReport.text(event)) + "\n")
        }
    }

    private func chosenKinds() throws(Failure) -> Set<EventRecord.Kind> {
        guard let only else { return Set(EventRecord.Kind.allCases) }
        var kinds: Set<EventRecord.Kind> = []
        for word in only.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = EventRecord.Kind(rawValue: String(word)) else {
                let known = EventRecord.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure.usage("--only \(only): unknown kind \"\(word)\"; known are \(known)")
            }
            kinds.insert(kind)
        }
        return kinds
    }
}
