// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import SysfsTree

/// hotmem-controls(7), made of the table of the control files, their verbs and keys.
struct ControlsPage {
    static let name = PageName("hotmem-controls", 7)
    let edition: Edition

    var text: String {
        var roff = Roff(Self.name, "the controls of a simulated machine", edition)
        roff.section("SYNOPSIS")
        roff.synopsis([Roff.italic("/sys/kernel/debug/hotmem/*")])
        roff.section("DESCRIPTION")
        roff.paragraph(
            "What happens to a machine from outside its kernel is asked for by writing to control files, which are in every "
                + "simulated machine's tree: memory devices are plugged in, and workloads take memory.")
        roff.paragraph(
            "A write has one or more lines of a verb and keys with values, verb key=value ..., separated by spaces. If one "
                + "line cannot be understood, none is done (EINVAL); a line that the machine refuses ends the write, and those "
                + "before it stay. Numbers may be hexadecimal with 0x, and have K, M, G or T after them. A value is one word "
                + "without = and \". While a block waits to go offline, commands that need the kernel's hotplug lock wait for "
                + "it, as in Linux.")
        roff.section("CONTROLS")
        for control in Control.all { Self.control(control, &roff) }
        roff.section("PAGES")
        roff.paragraph("What can be done with pages when their block goes offline depends on what they are used for:")
        for kind in PageKind.ofWorkloads { roff.item(Roff.bold(kind.rawValue), Self.words(kind)) }
        roff.section("EXAMPLES")
        roff.paragraph("Put a page that cannot move into a block, and see that it stays:")
        roff.verbatim([
            "cd /sys/kernel/debug/hotmem", "echo 'alloc name=driver kind=kernel block=34' > workload",
            "echo offline > /sys/devices/system/memory/memory34/state", "echo 'free name=driver' > workload",
        ])
        roff.paragraph("Plug a memory device into a node:")
        roff.verbatim(["echo 'plug id=d1 size=256M node=1' > /sys/kernel/debug/hotmem/dimm"])
        roff.references([
            PageName("hotmem", 1), PageName("hotmem-run", 1), PageName("hotmem-plan", 1), MachineFilePage.name,
        ])
        return roff.text
    }

    private static func control(_ control: Control, _ roff: inout Roff) {
        roff.subsection(control.name)
        roff.paragraph(control.summary)
        for verb in control.verbs {
            let keys = verb.keys.map { key in
                let word = "\(Roff.bold(key.name + "="))\(Roff.italic(key.name))"
                return key.isRequired ? word : "[\(word)]"
            }
            let text = verb.takesText ? [Roff.italic("text")] : []
            roff.item(([Roff.bold(verb.name)] + keys + text).joined(separator: " "), verb.summary)
            roff.nested { roff in
                for key in verb.keys {
                    let values = key.values.isEmpty ? "" : " One of: \(key.values.joined(separator: ", "))."
                    roff.item(Roff.bold(key.name), key.summary + values)
                }
            }
        }
        roff.paragraph("Reading: \(control.shows)")
    }

    private static func words(_ kind: PageKind) -> String {
        let traits = kind.traits
        var words: [String] = []
        switch traits.migration {
        case .copied: words.append("Can be moved.")
        case .byDriver: words.append("Their driver moves them.")
        case .never: words.append("Never move; their block does not go offline.")
        case .notFound: words.append("Are waited for: who maps them is not found.")
        }
        if traits.canBeFreed { words.append("Can be dropped instead, clean and not pinned.") }
        if traits.mayWait { words.append("I/O on them is waited for.") }
        if traits.isHuge { words.append("Come as huge pages.") }
        return words.joined(separator: " ")
    }
}
