// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `What the firmware is told` {
    private var machine = Machine(booting: Machines.containers())
    private let node1 = Machines.node1

    /// What the latest command had the firmware told, as `DEVICE EVENT STATUS`.
    private func told(_ outcome: Outcome) -> [String] {
        outcome.changes.compactMap {
            if case .reported(let report) = $0 { "\(report.device) \(report.event) \(report.status)" } else { nil }
        }
    }

    @Test mutating func `of a device is that it came, that it goes, and that it is gone`() throws {
        #expect(told(try machine.run(.plug("a"))) == ["PNP0C80:00 deviceCheck success"])
        #expect(
            told(try machine.run(.unplug(id: "a")))
                == ["PNP0C80:00 ejectRequest inProgress", "PNP0C80:00 ejectRequest success"])
        try machine.run(.plug("a"))
        #expect(
            told(try machine.run(.eject(slot: 0)))
                == ["PNP0C80:00 ejectRequest inProgress", "PNP0C80:00 ejectBySystem success"])
        #expect(machine.firmwareLog.map(\.number) == [1, 2, 3, 4, 5, 6])
    }

    @Test mutating func `of a device that cannot go is that it is busy`() throws {
        try machine.run(.plug("a"), .state(80, .onlineKernel), .pin(80))
        let end = "PNP0C80:00 ejectRequest busy"
        #expect(told(machine.apply(.unplug(id: "a"))) == ["PNP0C80:00 ejectRequest inProgress", end])
    }

    @Test mutating func `comes when a removal that waited ends, not before`() throws {
        try machine.run(
            .plug("a"), .state(80, .onlineMovable),
            .allocate(Workload(name: "io", kind: .anon, block: BlockID(80), pages: 8)), .pin(name: "io", true))
        let first = machine.apply(.eject(slot: 0))
        #expect(told(first) == ["PNP0C80:00 ejectRequest inProgress"])
        #expect(told(try machine.run(.pin(name: "io", false))) == ["PNP0C80:00 ejectBySystem success"])
    }

    @Test func `of a device without a driver is a failure`() {
        var machine = Machine(booting: Machines.oneNode("acpi_no_memhotplug"))
        #expect(told(machine.apply(.plug("a"))) == ["PNP0C80:00 deviceCheck failure"])
        #expect(machine.hotplugProfiles == [.container, .processor, .pciRoot])
    }

    @Test mutating func `of a container is that it is busy until user space took it offline`() throws {
        #expect(told(try machine.run(.plugContainer(node1))).last == "ACPI0004:00 deviceCheck success")
        let id = machine.containers[0].id
        #expect(
            told(try machine.run(.ejectContainer(id)))
                == ["ACPI0004:00 ejectRequest inProgress", "ACPI0004:00 ejectBySystem busy"])
        #expect(
            told(try machine.run(.setContainerOnline(id, false), .ejectContainer(id)))
                == ["ACPI0004:00 ejectRequest inProgress", "ACPI0004:00 ejectBySystem success"])
        try machine.run(.plugContainer(node1))
        #expect(
            told(try machine.run(.unplugContainer(name: "node1"))) == [
                "ACPI0004:00 ejectRequest inProgress", "ACPI0004:00 ejectRequest busy",
                "ACPI0004:00 ejectRequest inProgress", "ACPI0004:00 ejectBySystem success",
            ])
    }

    @Test mutating func `is that ejecting is not supported, where its handler is told not to`() throws {
        try machine.run(
            .plug("a"), .plugContainer(node1), .setHotplugEnabled(.memory, false), .setHotplugEnabled(.container, false)
        )
        let container = machine.containers[0].id
        #expect(machine.errno(of: .eject(slot: 0)) == .noDevice)
        #expect(machine.errno(of: .ejectContainer(container)) == .noDevice)
        for (command, device) in [
            (Command.unplug(id: "a"), "PNP0C80:00"), (.unplugContainer(name: "node1"), "ACPI0004:00"),
        ] {
            let outcome = machine.apply(command)
            #expect(outcome.refusal?.errno == .notPermitted)
            #expect(told(outcome) == ["\(device) ejectRequest notSupported"])
        }
        try machine.run(.setHotplugEnabled(.memory, true), .unplug(id: "a"))
        expectInvariants(machine)
    }

    @Test mutating func `keeps the latest thousand`() throws {
        for _ in 0..<400 { try machine.run(.plug("a"), .unplug(id: "a")) }
        #expect(machine.firmwareLog.count == 1000 && machine.firmwareLog.last?.number == 1200)
    }
}
