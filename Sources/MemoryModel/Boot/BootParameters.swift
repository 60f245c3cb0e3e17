// SPDX-License-Identifier: Apache-2.0

/// The kernel's command line, as far as memory goes (spec 11.5, 11.7, 14; seed 003;
/// Documentation/admin-guide/kernel-parameters.txt).
///
/// As at a real boot, unknown parameters pass, bad values are ignored with a log line, and what stands after `--` is not
/// the kernel's.
public struct BootParameters: Sendable, Equatable {
    /// An amount of memory: `kernelcore=` and `movablecore=`.
    public enum Amount: Sendable, Equatable {
        case bytes(UInt64)
        case percent(UInt64)
    }
    /// `movable_node`: hot-pluggable memory goes to Movable.
    public var movableNode = false
    /// `kernelcore=` as an amount.
    public var kernelCore: Amount?
    /// `kernelcore=mirror`: only mirrored memory is for the kernel.
    public var kernelCoreMirror = false
    /// `movablecore=`.
    public var movableCore: Amount?
    /// `memhp_default_state=`.
    public var defaultState = OnlineType.offline
    /// `memory_hotplug.*`.
    public var policy = OnlinePolicy()
    /// `hotmem.offline_policy=`: a parameter of the simulator's own.
    public var offlinePolicy = OfflinePolicy.isolate
    /// `hotmem.migrate=`: a parameter of the simulator's own; nil for what the kernel generation does.
    public var migrationPolicy: MigrationPolicy?
    /// `hotmem.latency=`: a parameter of the simulator's own.
    public var latencies = Latencies()
    /// `hotmem.seed=`: where random numbers begin for which nobody says it; a parameter of the simulator's own.
    public var seed: UInt64?
    /// `numa=off` and `numa=noacpi`: the firmware's tables are not asked, and one node holds everything.
    public var numaOff = false
    /// `numa=fake=`: nodes are made up.
    public var fakeNodes: FakeNodes?
    /// `mem=` and `memmap=`, in their order.
    public var mapChanges: [MapChange] = []
    /// `acpi_no_memhotplug`: the kernel leaves memory devices alone.
    public var ignoresMemoryDevices = false
    /// What was wrong, as the kernel's log says it.
    public var complaints: [String] = []

    /// Whether mirrored memory stays the kernel's wherever it is: with `kernelcore=mirror`, if nothing comes before it.
    var keepsMirrored: Bool { kernelCoreMirror && !movableNode }

    /// A change of the memory map, in the order of the command line, since one may undo what another did.
    public enum MapChange: Sendable, Equatable {
        /// `mem=`: no more usable memory than this; on x86, none from this address on.
        case limit(UInt64)
        /// An option of `memmap=`, and what was written.
        case memmap(MemmapOption, text: String)
    }

    /// How nodes are made up: `numa=fake=`.
    public enum FakeNodes: Sendable, Equatable {
        /// `N`: so many nodes of equal size, taken from the real ones in turn.
        case count(Int)
        /// `NU`: each real node is cut into so many.
        case perNode(Int)
        /// `nnM`, `nnG`: as many as there are, of so many bytes each.
        case size(UInt64)
    }

    /// As many nodes as a kernel of this generation is built for.
    static let mostNodes: UInt64 = 1024

    /// Reads a command line.
    public init(commandLine: String) {
        for word in commandLine.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" }) {
            if word == "--" { break }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].map { $0 == "-" ? "_" : String($0) }.joined()
            take(name, parts.count > 1 ? String(parts[1]) : nil, word: String(word))
        }
    }

    private mutating func take(_ name: String, _ value: String?, word: String) {
        switch name {
        case "movable_node": movableNode = true
        case "kernelcore":
            let isMirror = value?.split(separator: ",").contains("mirror") ?? false
            if isMirror { kernelCoreMirror = true } else { take(amount(value, word), as: \.kernelCore) }
        case "movablecore": take(amount(value, word), as: \.movableCore)
        case "memhp_default_state": defaultState = choice(value, word) ?? defaultState
        case "hotmem.migrate": migrationPolicy = choice(value, word) ?? migrationPolicy
        case "hotmem.offline_policy": offlinePolicy = choice(value, word) ?? offlinePolicy
        case "hotmem.latency": latencies = value.flatMap { Latencies($0) } ?? complain(word) ?? latencies
        case "hotmem.seed": seed = number(value, word) ?? seed
        case "numa": takeNUMA(value, word)
        case "mem": takeLimit(value, word)
        case "memmap": takeMap(value, word)
        case "acpi_no_memhotplug": ignoresMemoryDevices = true
        case "memory_hotplug.online_policy": policy.kind = choice(value, word) ?? policy.kind
        case "memory_hotplug.auto_movable_ratio":
            guard let ratio = number(value, word) else { break }
            policy.autoMovableRatio = UInt32(exactly: ratio) ?? complain(word) ?? policy.autoMovableRatio
        case "memory_hotplug.auto_movable_numa_aware":
            policy.autoMovableNumaAware = truth(value, word) ?? policy.autoMovableNumaAware
        case "memory_hotplug.memmap_on_memory":
            // Older kernels read an f as no.
            if value == "force" || value == "FORCE" { return policy.memmapOnMemory = .force }
            policy.memmapOnMemory = truth(value, word).map { $0 ? .yes : .no } ?? policy.memmapOnMemory
        default: break
        }
    }

    /// The last amount counts: a size undoes a percentage. But `0%` counts as no percentage, and an earlier size stays.
    private mutating func take(_ amount: Amount?, as parameter: WritableKeyPath<BootParameters, Amount?>) {
        guard let amount else { return }
        if case .bytes? = self[keyPath: parameter], amount == .percent(0) { return }
        self[keyPath: parameter] = amount
    }

    private mutating func takeNUMA(_ value: String?, _ word: String) {
        switch value {
        case let value? where value.hasPrefix("off") || value.hasPrefix("noacpi"): numaOff = true
        case let value? where value.hasPrefix("fake="): fakeNodes = nodes(value.dropFirst(5), word) ?? fakeNodes
        case "nohmat": break
        default: let _: Bool? = complain(word)
        }
    }

    private mutating func nodes(_ text: Substring, _ word: String) -> FakeNodes? {
        func count(_ digits: Substring) -> Int? {
            guard case .success(let count) = KernelText.unsigned(digits), count > 0 else { return nil }
            return Int(min(count, Self.mostNodes))
        }
        switch text.last {
        case "U": return count(text.dropLast()).map { .perNode($0) } ?? complain(word)
        case "M", "G":
            guard let size = KernelText.size(text), size > 0 else { return complain(word) }
            return .size(size)
        default: return count(text).map { .count($0) } ?? complain(word)
        }
    }

    /// Several limits are taken one after the other, so that the smallest wins.
    private mutating func takeLimit(_ value: String?, _ word: String) {
        // Of x86's 32 bits: about the size of pages, not about memory.
        guard value != "nopentium" else { return }
        guard let bytes = value.map({ KernelText.leadingSize($0).bytes }), bytes > 0 else {
            return complaints.append(Self.bad(word))
        }
        mapChanges.append(.limit(bytes))
    }

    private mutating func takeMap(_ value: String?, _ word: String) {
        for option in (value ?? "").split(separator: ",", omittingEmptySubsequences: false) {
            guard let change = MemmapOption(option) else {
                complaints.append(Self.bad("memmap=\(option)"))
                continue
            }
            mapChanges.append(.memmap(change, text: String(option)))
        }
    }

    private static func bad(_ word: String) -> String { "\(word): bad value, ignored" }

    private mutating func complain<T>(_ word: String) -> T? {
        complaints.append(Self.bad(word))
        return nil
    }

    private mutating func choice<C: RawRepresentable<String>>(_ value: String?, _ word: String) -> C? {
        value.flatMap(C.init(rawValue:)) ?? complain(word)
    }

    private mutating func truth(_ value: String?, _ word: String) -> Bool? {
        guard let value else { return true }
        return KernelText.bool(value) ?? complain(word)
    }

    private mutating func number(_ value: String?, _ word: String) -> UInt64? {
        guard case .success(let number)? = value.map(KernelText.unsigned) else { return complain(word) }
        return number
    }

    /// An amount: what does not begin with a number is none at all, and so takes back an earlier one; what follows the
    /// number does not count (cmdline_parse_core).
    private mutating func amount(_ value: String?, _ word: String) -> Amount? {
        guard let value else { return complain(word) }
        let (number, rest) = KernelText.leadingNumber(value)
        if value.first?.isNumber != true { complaints.append("\(word): no amount, counts as 0") }
        guard rest.first == "%" else { return .bytes(KernelText.leadingSize(value).bytes) }
        if number > 100 { complaints.append("\(word): more than all memory") }
        return .percent(number)
    }
}
