// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

@testable import MemoryModel

/// Draws commands, sensible and senseless ones, for a machine as it is.
struct RandomCommands {
    private var random: SplitMix
    private var names = 0
    private let setsFaults: Bool

    /// - Parameter setsFaults: whether things are to go wrong, too.
    init(seed: UInt64, setsFaults: Bool = true) {
        random = SplitMix(seed: seed)
        self.setsFaults = setsFaults
    }

    mutating func next(for machine: Machine) -> Command {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<12: .probe(address: address(machine))
        case 12..<18: container(machine)
        case 18..<34: .setState(block(machine), pick([.offline, .offline, .online, .onlineKernel, .onlineMovable]))
        case 34..<46: .setOnline(block(machine), Bool.random(using: &random))
        case 46..<49: .setAutoOnline(pick(OnlineType.allCases))
        case 49..<53: .softOffline(address: page(machine))
        case 53..<57: .hardOffline(address: page(machine))
        case 57..<65: .plug(id: "d\(number(6))", size: size(machine), node: NodeID(number(3)))
        case 65..<70: .unplug(id: "d\(number(6))")
        case 70..<73: .eject(slot: number(5) - 1)
        case 73..<82: .allocate(workload(machine))
        case 82..<88: .free(name: anyone(machine), pages: number(3) == 0 ? UInt64(number(300)) : nil)
        case 88..<90: .injectError(pick(MemoryAction.allCases), pick([Errno(rawValue: 5), .busy]))
        case 90..<91: machine.underway.map { .interrupt($0.ticket) } ?? .tick(milliseconds: 1)
        case 91..<93: .injectError(pick(MemoryAction.allCases), nil)
        case 93..<94: using(machine)
        case 94..<95: .setOnlinePolicy(pick(OnlinePolicy.Kind.allCases))
        case 95..<96: .setAutoMovableRatio(pick([0, 50, 301, .max]))
        case 96..<97: .setAutoMovableNumaAware(Bool.random(using: &random))
        case 97..<98: .setRuntimePower(.block(block(machine)), allowed: Bool.random(using: &random))
        case 98..<99 where number(2) == 0: .setHotplugEnabled(pick(HotplugProfile.allCases), number(4) != 0)
        case 98..<99: .setAutoprobe(pick(KernelObject.Bus.allCases), Bool.random(using: &random))
        case 99..<100 where setsFaults && number(2) == 0: fault(machine)
        default: .uevent(.block(block(machine)), .change, arguments: ["SYNTH_UUID=0"])
        }
    }

    private mutating func pick<C: Collection>(_ choices: C) -> C.Element { choices.randomElement(using: &random)! }
    private mutating func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    /// A block, usually one that is there.
    private mutating func block(_ machine: Machine) -> BlockID {
        number(12) == 0 ? BlockID(UInt32(number(200))) : machine.blocks.randomElement(using: &random)!.id
    }

    private mutating func address(_ machine: Machine) -> UInt64 {
        switch number(10) {
        case 0: pick([0, 1, .max, .max - machine.blockSize + 1, 1 << 46, 0xfd_0000_0000])
        case 1...3: hotplugAddress(machine)
        default: (UInt64(machine.blocks.last!.id.rawValue) + UInt64(number(4))) * machine.blockSize
        }
    }

    private mutating func hotplugAddress(_ machine: Machine) -> UInt64 {
        let first = machine.description.affinity.first(where: \.hotplug)?.first ?? 1 << 33
        return first + UInt64(number(6)) * machine.blockSize
    }

    private mutating func page(_ machine: Machine) -> UInt64 {
        if number(20) == 0 { return pick([0, .max, 1 << 45]) }
        let pages = machine.pages(of: block(machine))
        // The highest pages are those that workloads take.
        let offset = number(3) == 0 ? UInt64(number(4)) : UInt64(pages.count) - 1 - UInt64(number(12))
        return (pages.lowerBound + offset) * machine.pageSize + UInt64(number(4096))
    }

    private mutating func size(_ machine: Machine) -> UInt64 {
        number(10) == 0 ? pick([0, 1, machine.blockSize / 2, 1 << 45]) : UInt64(1 + number(3)) * machine.blockSize
    }

    private mutating func anyone(_ machine: Machine) -> String {
        machine.workloadList.randomElement(using: &random)?.name ?? "nobody"
    }

    /// What is done with memory that somebody has.
    private mutating func using(_ machine: Machine) -> Command {
        let name = anyone(machine)
        let pages = Bool.random(using: &random) ? UInt64(number(500)) : nil
        return switch number(12) {
        case 0: .touch(name: name, pages: pages, write: Bool.random(using: &random))
        case 1: .pin(name: name, pages: pages, Bool.random(using: &random))
        case 2: .stall(name: name, Bool.random(using: &random))
        case 3: .background(BackgroundLoad(name: "bg\(names)", seed: random.next(), pages: 2000, steps: 20))
        case 4: .setHugePages(machine.nodes.randomElement(using: &random)!.id, UInt64(number(6)))
        case 5:
            .avoid(
                BlockID(UInt32(number(20)))...BlockID(UInt32(20 + number(80))), Bool.random(using: &random))
        case 6: .setOfflinePolicy(number(3) == 0 ? .booked : .isolate)
        case 7: .findMoved(machine.pages(of: block(machine)).lowerBound)
        case 8: .plan(machine.nodes.randomElement(using: &random)!.id)
        case 9: .ask(question(machine))
        case 10: .setMigrationPolicy(pick(MigrationPolicy.allCases))
        default: .tick(milliseconds: pick([1000, 130_000]))
        }
    }

    private mutating func question(_ machine: Machine) -> Question {
        let node = machine.nodes.randomElement(using: &random)!.id
        return switch number(4) {
        case 0: .block(block(machine))
        case 1: .pages(block(machine))
        case 2: .zone(node, pick(ZoneKind.allCases))
        default: .node(node)
        }
    }

    /// Sets one of few faults, or clears some.
    private mutating func fault(_ machine: Machine) -> Command {
        guard number(4) > 0 else {
            return .clearFaults(name: machine.faultList.randomElement(using: &random)?.fault.name)
        }
        let kind = pick(FaultKind.allCases)
        var words: [FaultKey: String] = [.kind: kind.rawValue, .name: "f\(number(4))"]
        if number(2) == 0 { words[.next] = "\(1 + number(4))" } else { words[.every] = "\(1 + number(3))" }
        if words[.every] != nil, number(2) == 0 { words[.seed] = "\(number(100))" }
        if kind.keys.contains(.time), kind != .stuck || number(3) > 0 { words[.time] = pick(["1us", "1ms", "1s"]) }
        if kind.keys.contains(.node), number(4) == 0 { words[.node] = "\(number(2))" }
        if number(4) == 0 { words[.block] = "0-\(number(90))" }
        if kind.isOfUevents, number(4) == 0 { words[.action] = pick(["add", "remove", "online", "offline"]) }
        return .setFault(try! Fault(words))
    }

    /// Containers of three names, three kinds and up to three processors and memory devices; and what becomes of them.
    private mutating func container(_ machine: Machine) -> Command {
        let id = ContainerID(kind: pick(ContainerKind.allCases), number: number(2))
        let plugged = machine.containers.randomElement(using: &random)
        return switch number(8) {
        case 0...1:
            .plugContainer(
                MachineDescription.Container(
                    name: "c\(number(3))", kind: id.kind, node: number(3),
                    cpus: number(20) == 0 ? pick([-1, 70, .max]) : number(3),
                    dimms: (0..<number(3)).map { _ in size(machine) }))
        case 2: .unplugContainer(name: "c\(number(3))")
        case 3: .ejectContainer(plugged?.id ?? id)
        case 4: .setContainerOnline(plugged?.id ?? id, number(3) == 0)
        case 5: .plugContainer(machine.description.containers.randomElement(using: &random) ?? Machines.node1)
        default: .setProcessorOnline(number(6), number(3) > 0)
        }
    }

    private mutating func workload(_ machine: Machine) -> Workload {
        names += 1
        let name = number(8) == 0 ? machine.workloadList.last?.name ?? "w" : "w\(names)"
        if Bool.random(using: &random) {
            let pages = number(8) == 0 ? pick([0, machine.pagesPerBlock, .max]) : UInt64(1 + number(10))
            return Workload(name: name, kind: .kernel, block: block(machine), pages: pages)
        }
        let kind = pick(PageKind.allCases)
        let most = number(6) == 0 ? 4 * Int(machine.pagesPerBlock) : 700
        let order = number(4) == 0 ? number(12) : 0
        let pages = kind.traits.isHuge ? UInt64(number(4)) << 9 : UInt64((number(most) >> order) << order)
        return Workload(
            name: name, kind: kind, node: number(3) == 0 ? NodeID(number(3)) : nil, pages: pages, order: order,
            cpu: pick(machine.onlineProcessors) + number(8) / 7,
            fileSystem: kind == .file ? pick(FileSystem.allCases) : nil)
    }
}
