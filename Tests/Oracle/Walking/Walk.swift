// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Transcripts

/// A random walk: what to do next with a machine, chosen among what makes sense on it, and some of what does not.
///
/// The same seed makes the same walk for the same machine. Each step that may change something is followed by a `U` and a `B`.
struct Walk {
    private var numbers: RandomNumbers
    private let features: KernelFeatures
    private let hardware: VirtualHardware
    private var left: Int
    /// What follows before the next step is chosen.
    private var rest: [Operation] = [.snapshot]
    private var plugged = 0
    private var pinned: Set<UInt64> = []

    private static let memory = "/sys/devices/system/memory"
    private static let parameters = "/sys/module/memory_hotplug/parameters"
    /// The kernel needs some memory itself.
    private static let leastBootBlocks = 5

    init(seed: UInt64, operations: Int, features: KernelFeatures, hardware: VirtualHardware) {
        numbers = RandomNumbers(seed: seed)
        (self.features, self.hardware, left) = (features, hardware, operations)
    }

    /// The next operation; nil at the end of the walk.
    ///
    /// - Parameter pinned: blocks that hold a page for the live kernel's sake.
    mutating func next(on machine: Machine, pinned: Set<UInt64>) -> Operation? {
        self.pinned = pinned
        if !rest.isEmpty { return rest.removeFirst() }
        while left > 0 {
            left -= 1
            guard let operation = choose(machine) else { continue }
            switch operation {
            case .read, .list, .link, .status: break
            default: rest = [.uevents, .snapshot]
            }
            return operation
        }
        return nil
    }

    private mutating func choose(_ machine: Machine) -> Operation? {
        switch numbers.below(100) {
        case 0..<34: changeState(machine)
        case 34..<42: changeOnline(machine)
        case 42..<58: features.hasProbe ? probe(machine) : plug(machine)
        case 58..<66: plug(machine)
        case 66..<74: unplug(machine)
        case 74..<79: setDefault()
        case 79..<84: setPolicy()
        case 84..<88: features.hasErrorInjection ? inject() : look(machine)
        case 88..<91: features.hasMemoryFailure ? poison(machine) : look(machine)
        case 91..<94: sendUevent(machine)
        default: look(machine)
        }
    }

    private func write(_ path: String, _ data: String) -> Operation { .write(path: path, data: data, newline: true) }

    // MARK: Blocks

    private mutating func changeState(_ machine: Machine) -> Operation? {
        guard !numbers.one(in: 25) else {
            return write("\(Self.memory)/memory\(absentBlock(machine))/state", "offline")
        }
        // What is offline is more interesting than the many that have been online from boot on.
        let offline = machine.blocks.filter { $0.state == .offline }
        let added = machine.blocks.filter { !$0.isBoot }
        let some = [offline, added, Array(machine.blocks)].filter { !$0.isEmpty }
        guard let among = numbers.pick(some), let block = numbers.pick(among) else { return nil }
        let words = ["online", "online_movable", "online_kernel", "offline", "offline", "onlin"]
        let likely = block.state == .offline ? Array(words.prefix(3)) : Array(words[3...4])
        guard let word = numbers.pick(numbers.one(in: 6) ? words : likely) else { return nil }
        let path = "\(Self.memory)/memory\(block.id.rawValue)/state"
        return word == "offline" && !mayGo(block, machine, by: path, word) ? nil : write(path, word)
    }

    private mutating func changeOnline(_ machine: Machine) -> Operation? {
        guard let block = numbers.pick(Array(machine.blocks)),
            let word = numbers.pick(["0", "0", "1", "1", "1", "x", "off", "Yes", "n"])
        else { return nil }
        let path = "\(Self.memory)/memory\(block.id.rawValue)/online"
        return "0on".contains(word.prefix(1)) && !mayGo(block, machine, by: path, word) ? nil : write(path, word)
    }

    /// Whether a block may be asked to go offline: where the simulator's own kernel has a page that cannot move, a live
    /// kernel may have none, and there would be no telling it.
    private func mayGo(_ block: MemoryBlock, _ machine: Machine, by path: String, _ word: String) -> Bool {
        guard block.state == .online else { return true }
        let bootBlocks = machine.blocks.count { $0.isBoot && $0.state == .online }
        guard !block.isBoot || bootBlocks > Self.leastBootBlocks else { return false }
        let answer = Responder(DirectPlace(machine)).answer(to: write(path, word))
        return answer["errno"] != .number(16) || pinned.contains(UInt64(block.id.rawValue))
    }

    private mutating func absentBlock(_ machine: Machine) -> UInt64 {
        let last = machine.blocks.last?.id.rawValue ?? 0
        let absent = (0...(last + 4)).filter { machine.blocks[BlockID($0)] == nil }
        return UInt64(numbers.pick(absent) ?? last + 1)
    }

    private mutating func probe(_ machine: Machine) -> Operation? {
        // Memory that the firmware has and the kernel was not given.
        let size = machine.blockSize
        let ends = machine.description.affinity.filter { !$0.hotplug }.map { $0.last + 1 }
        let last = min(ends.max() ?? 0, (4 << 30) + 24 * size)
        let free = stride(from: UInt64(4 << 30), to: max(last, 4 << 30), by: UInt64.Stride(size)).filter {
            machine.blocks[BlockID(UInt32($0 / size))] == nil
        }
        let address =
            numbers.one(in: 5)
            ? numbers.pick(machine.blocks.map { UInt64($0.id.rawValue) * size }) : numbers.pick(Array(free.prefix(6)))
        let odd = ["zz", "0x108000000 ", "0x100000001", "0x10000000000000", "-1", ""]
        if numbers.one(in: 12), let text = numbers.pick(odd) { return write(KernelFeatures.probe, text) }
        return address.map { write(KernelFeatures.probe, "0x" + String($0, radix: 16)) }
    }

    // MARK: Devices

    private mutating func plug(_ machine: Machine) -> Operation? {
        let devices = machine.devices.compactMap(\.module)
        let blocks = UInt64(numbers.pick([1, 1, 2, 2, 3, 4, 5]) ?? 1)
        let node = numbers.below(hardware.nodes.count)
        guard devices.count < VirtualHardware.slots else { return nil }
        plugged += 1
        return .plug(id: "w\(plugged)", bytes: blocks * machine.blockSize, node: node)
    }

    private mutating func unplug(_ machine: Machine) -> Operation? {
        let devices = machine.devices.compactMap(\.module)
        guard let device = numbers.pick(devices) else { return nil }
        // Of a kernel's own pages, which come and go, one may let the first of an ejection's two passes fail for a block:
        // the order of its uevents is then chance.
        let mayHoldKernel = device.blocks.contains { machine.blocks[$0]?.zone?.isKernelZone ?? false }
        guard device.blocks.count == 1 || !mayHoldKernel else { return nil }
        let operation = Operation.unplug(id: device.id)
        let trial = DirectPlace(machine)
        _ = Responder(trial).answer(to: operation)
        let isGone = !trial.machine.devices.contains { $0.module?.id == device.id }
        let hasPins = device.blocks.contains { pinned.contains(UInt64($0.rawValue)) }
        let isKeptByError = machine.notifiers.injected[.goingOffline] != nil
        return isGone || hasPins || isKeptByError ? operation : nil
    }

    // MARK: Settings

    private mutating func setDefault() -> Operation? {
        numbers.pick(["offline", "online", "online_kernel", "online_movable", "bad"]).map {
            write("\(Self.memory)/auto_online_blocks", $0)
        }
    }

    private mutating func setPolicy() -> Operation? {
        let settings = [
            ("online_policy", "auto-movable"), ("online_policy", "auto-movable"), ("online_policy", "contig-zones"),
            ("online_policy", "auto"), ("auto_movable_ratio", "100"), ("auto_movable_ratio", "301"),
            ("auto_movable_ratio", "0"), ("auto_movable_ratio", "-1"), ("auto_movable_ratio", "4294967296"),
            ("auto_movable_numa_aware", "N"), ("auto_movable_numa_aware", "Y"), ("auto_movable_numa_aware", "2"),
        ]
        return numbers.pick(settings).map { write("\(Self.parameters)/\($0.0)", $0.1) }
    }

    private mutating func inject() -> Operation? {
        let action = numbers.one(in: 2) ? "MEM_GOING_ONLINE" : "MEM_GOING_OFFLINE"
        return numbers.pick(["0", "0", "0", "-12", "-5", "x"]).map {
            write("\(KernelFeatures.injection)/\(action)/error", $0)
        }
    }

    // MARK: Pages

    /// Pages of Movable are free or can move, and those of a block that is offline or absent are nobody's; where the
    /// kernel's own are, nobody can tell.
    private mutating func poison(_ machine: Machine) -> Operation? {
        let safe = machine.blocks.filter { $0.state == .offline || $0.zone == .movable && !$0.isBoot }.map {
            UInt64($0.id.rawValue)
        }
        guard let block = numbers.one(in: 8) ? absentBlock(machine) : numbers.pick(safe) else { return nil }
        let page = UInt64(numbers.below(Int(machine.blockSize / machine.pageSize)))
        let address = block * machine.blockSize + page * machine.pageSize
        let path = numbers.one(in: 2) ? KernelFeatures.softOffline : KernelFeatures.hardOffline
        return write(path, "0x" + String(address, radix: 16))
    }

    // MARK: Looking

    private mutating func sendUevent(_ machine: Machine) -> Operation? {
        let words = [
            "change", "add", "remove", "online", "oops", "change 0123", "add 12345678-1234-1234-1234-123456789abc A=b",
        ]
        guard let block = numbers.pick(Array(machine.blocks)), let word = numbers.pick(words) else { return nil }
        return write("\(Self.memory)/memory\(block.id.rawValue)/uevent", word)
    }

    private mutating func look(_ machine: Machine) -> Operation? {
        guard let block = numbers.pick(Array(machine.blocks)), let node = numbers.pick(machine.nodes) else {
            return nil
        }
        let directory = "\(Self.memory)/memory\(block.id.rawValue)"
        let nodeDirectory = "/sys/devices/system/node/node\(node.id.rawValue)"
        return numbers.pick([
            .read(path: directory + "/state"), .read(path: directory + "/online"),
            .read(path: directory + "/phys_index"),
            .read(path: directory + "/removable"), .read(path: directory + "/phys_device"),
            .read(path: directory + "/valid_zones"), .read(path: directory + "/uevent"), .list(path: directory),
            .status(path: directory), .link(path: directory + "/subsystem"),
            .link(path: directory + "/node\(block.node.rawValue)"),
            .read(path: directory + "/node\(block.node.rawValue)/distance"), .read(path: nodeDirectory + "/distance"),
            .read(path: nodeDirectory + "/cpulist"), .read(path: nodeDirectory + "/cpumap"),
            .link(path: nodeDirectory + "/memory\(block.id.rawValue)"),
            .read(path: "\(Self.memory)/auto_online_blocks"), .read(path: "\(Self.parameters)/online_policy"),
            .read(path: "\(Self.parameters)/auto_movable_ratio"),
            .read(path: "\(Self.parameters)/auto_movable_numa_aware"),
            .link(path: "/sys/bus/memory/devices/memory\(block.id.rawValue)"),
        ])
    }
}
