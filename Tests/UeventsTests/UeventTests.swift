// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing
import Uevents

@Suite struct `A uevent` {
    private func text(_ uevent: Uevent?) -> String? { uevent.map { String(decoding: $0.bytes, as: UTF8.self) } }

    @Test func `has the kernel's bytes`() {
        #expect(
            text(Uevent(.online, of: .block(BlockID(32))))
                == "online@/devices/system/memory/memory32\0ACTION=online\0DEVPATH=/devices/system/memory/memory32\0"
                + "SUBSYSTEM=memory\0")
    }

    @Test func `of a synthetic action carries its arguments in order, after SUBSYSTEM`() {
        let arguments = ["SYNTH_UUID=11111111-2222-3333-4444-555555555555", "SYNTH_ARG_A=b", "SYNTH_ARG_C=d"]
        let uevent = Uevent(.uevent(.node(NodeID(1)), .change, arguments: arguments))
        #expect(
            text(uevent)
                == "change@/devices/system/node/node1\0ACTION=change\0DEVPATH=/devices/system/node/node1\0"
                + "SUBSYSTEM=node\0SYNTH_UUID=11111111-2222-3333-4444-555555555555\0SYNTH_ARG_A=b\0SYNTH_ARG_C=d\0")
    }

    @Test func `of a memory device ends with its MODALIAS`() {
        let uevent = Uevent(.uevent(.device(slot: 17), .change, arguments: ["SYNTH_UUID=0"]))
        let path = "/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:11"
        #expect(
            text(uevent)
                == "change@\(path)\0ACTION=change\0DEVPATH=\(path)\0SUBSYSTEM=acpi\0SYNTH_UUID=0\0"
                + "MODALIAS=acpi:PNP0C80:\0")
    }

    @Test func `of a container belongs to its system device, and says when user space is to act`() {
        let id = ContainerID(kind: .module, number: 10)
        let path = "/devices/system/container/ACPI0004:0a"
        #expect(
            text(Uevent(.containerOfflineWanted(id)))
                == "change@\(path)\0ACTION=change\0DEVPATH=\(path)\0SUBSYSTEM=container\0EVENT=offline\0")
        let changes: [(Change, String)] = [
            (.containerAdded(id), "add"), (.containerOnline(id), "online"), (.containerOffline(id), "offline"),
            (.containerRemoved(id), "remove"),
        ]
        for (change, action) in changes { #expect(text(Uevent(change))?.hasPrefix("\(action)@\(path)\0") == true) }
        let own = Uevent(.change, of: .container(id))
        #expect(own?.path == "/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:0a")
        #expect(own?.variables.suffix(2) == ["SUBSYSTEM=acpi", "MODALIAS=acpi:ACPI0004:"])
    }

    @Test func `of a bus says so`() {
        #expect(
            text(Uevent(.add, of: .bus(.memory)))
                == "add@/bus/memory\0ACTION=add\0DEVPATH=/bus/memory\0SUBSYSTEM=bus\0")
        #expect(Uevent(.add, of: .cpu(3))?.variables.last == "SUBSYSTEM=cpu")
    }

    @Test(arguments: [KernelObject.memoryRoot, .nodeRoot, .cpuRoot, .containerRoot])
    func `of an object on no bus is nobody's`(object: KernelObject) {
        #expect(Uevent(.change, of: object) == nil)
        #expect(Uevent(.uevent(object, .change, arguments: [])) == nil)
    }

    @Test(
        arguments: [
            (.blockAdded(BlockID(7)), "add@/devices/system/memory/memory7"),
            (.blockRemoved(BlockID(7)), "remove@/devices/system/memory/memory7"),
            (.blockOnline(BlockID(7)), "online@/devices/system/memory/memory7"),
            (.blockOffline(BlockID(7)), "offline@/devices/system/memory/memory7"),
            (.nodeAdded(NodeID(2)), "add@/devices/system/node/node2"),
            (.nodeRemoved(NodeID(2)), "remove@/devices/system/node/node2"),
            (.cpuAdded(3), "add@/devices/system/cpu/cpu3"), (.cpuRemoved(3), "remove@/devices/system/cpu/cpu3"),
            (.cpuOnline(3), "online@/devices/system/cpu/cpu3"), (.cpuOffline(3), "offline@/devices/system/cpu/cpu3"),
            (.stateChanged(BlockID(7), .goingOffline), nil), (.zoneChanged(NodeID(0), .normal), nil),
            (.deviceChanged(slot: 0), nil), (.workloadChanged(name: "w"), nil), (.settingChanged, nil),
            (.pagePoisoned(1), nil), (.refused(Refusal(.busy, "busy")), nil),
        ] as [(Change, String?)])
    func `follows from what comes, goes and changes its state, and from nothing else`(change: Change, first: String?) {
        #expect(text(Uevent(change)).flatMap { $0.split(separator: "\0").first.map(String.init) } == first)
    }

    @Test func `goes out as often as a fault wants it, or not at all`() throws {
        var machine = Machine(
            booting: MachineDescription(memory: [.init(first: 0, last: (1 << 30) - 1, kind: .usable)]))
        func sent(_ command: Command) -> [String] {
            machine.apply(command).uevents.map { "\($0.times) \($0.uevent.action.rawValue)@\($0.uevent.path)" }
        }
        _ = sent(.setFault(try Fault([.kind: "lose"])))
        #expect(sent(.probe(address: 1 << 30)) == [])
        _ = sent(.setFault(try Fault([.kind: "flood", .uevents: "40"])))
        #expect(
            sent(.probe(address: 9 << 27)) == ["40 change@/bus/memory", "1 add@/devices/system/memory/memory9"])
        _ = sent(.setFault(try Fault([.kind: "double"])))
        let change = "1 change@/devices/system/memory/memory9"
        #expect(sent(.uevent(.block(BlockID(9)), .change, arguments: ["A=1"])) == [change, change])
    }

    @Test func `every action has its own name`() {
        let names = UeventAction.allCases.compactMap { Uevent($0, of: .block(BlockID(0)))?.action.rawValue }
        #expect(names == ["add", "remove", "change", "move", "online", "offline", "bind", "unbind"])
    }
}
