// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The control `container`: container devices, with a node's memory devices and processors in them.
enum ContainerControl {
    static let verbs = [
        ControlVerb(
            "plug", "Plugs in a container of the machine file, or with more than a name one that the line describes.",
            [
                ControlKey("name", "What it is unplugged by.", required: true),
                ControlKey(
                    "hid", "Its hardware id, ACPI0004 if it is not said.",
                    values: ContainerKind.allCases.map(\.rawValue)),
                ControlKey("node", "The node that it and everything in it is on; needed in a description."),
                ControlKey("cpus", "How many processors it brings, none if it is not said."),
                ControlKey("dimms", "The sizes of the memory devices it brings, such as 1G,512M."),
            ]),
        ControlVerb(
            "unplug", "Takes everything in it offline and the container away, or refuses and leaves all as it was.",
            [ControlKey("name", "What it was plugged in as.", required: true)]),
    ]

    /// What is plugged in, and where.
    static func text(of machine: Machine) -> String {
        machine.containers.map { container in
            let slots = machine.slots(in: container.id)
            let blocks = slots.flatMap { machine.devices[$0].module?.blocks ?? [] }.map { Int($0.rawValue) }.sorted()
            return "name=\(container.name) device=\(container.id) node=\(container.node.rawValue) "
                + "online=\(container.isOnline ? 1 : 0) slots=\(Text.list(slots)) blocks=\(Text.list(blocks)) "
                + "cpus=\(Text.list(machine.processors(in: container.id)))\n"
        }.joined()
    }

    /// The command a line asks for.
    static func command(_ line: ControlLine, _ machine: Machine) throws(Refusal) -> Command {
        let name = try line.text("name")
        if line.verb == "unplug" { return .unplugContainer(name: name) }
        return .plugContainer(try container(name, line, machine))
    }

    /// A container of the machine file, or one that the line describes.
    private static func container(
        _ name: String, _ line: ControlLine, _ machine: Machine
    ) throws(Refusal) -> MachineDescription.Container {
        guard ["hid", "node", "cpus", "dimms"].contains(where: { line.optionalText($0) != nil }) else {
            guard let known = machine.knownContainers.first(where: { $0.name == name }) else {
                throw Refusal(.noEntry, "no container \(name) in the machine file; give hid=, node=, cpus=, dimms=")
            }
            return known
        }
        let hid = line.optionalText("hid") ?? ContainerKind.module.rawValue
        guard let kind = ContainerKind(rawValue: hid) else {
            let known = ContainerKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, "unknown hid: known are \(known)")
        }
        return MachineDescription.Container(
            name: name, kind: kind, node: Int(clamping: try line.number("node")),
            cpus: Int(clamping: try line.number("cpus", default: 0)), dimms: try sizes(line.optionalText("dimms")))
    }

    /// `1G,512M`.
    private static func sizes(_ text: String?) throws(Refusal) -> [UInt64] {
        var sizes: [UInt64] = []
        for word in (text ?? "").split(separator: ",", omittingEmptySubsequences: text == nil) {
            guard let size = KernelText.size(word) else { throw Refusal(.invalid, "dimms= is sizes such as 1G,512M") }
            sizes.append(size)
        }
        return sizes
    }
}
