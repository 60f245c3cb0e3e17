// SPDX-License-Identifier: Apache-2.0

/// The kernel's command line, as far as memory goes (spec 11.5, 11.7, 14).
///
/// As at a real boot, unknown parameters pass and bad values are ignored with a log line.
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
    /// `numa=off`: one node holds everything.
    public var numaOff = false
    /// What was wrong, as the kernel's log says it.
    public var complaints: [String] = []

    /// Reads a command line.
    public init(commandLine: String) {
        for word in commandLine.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" }) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].map { $0 == "-" ? "_" : String($0) }.joined()
            take(name, parts.count > 1 ? String(parts[1]) : nil, word: String(word))
        }
    }

    private mutating func take(_ name: String, _ value: String?, word: String) {
        switch name {
        case "movable_node": movableNode = true
        case "kernelcore":
            if value == "mirror" { kernelCoreMirror = true } else { kernelCore = amount(value, word) ?? kernelCore }
        case "movablecore": movableCore = amount(value, word) ?? movableCore
        case "memhp_default_state": defaultState = choice(value, word) ?? defaultState
        case "numa": numaOff = numaOff || value == "off"
        case "hotmem.offline_policy": offlinePolicy = choice(value, word) ?? offlinePolicy
        case "memory_hotplug.online_policy": policy.kind = choice(value, word) ?? policy.kind
        case "memory_hotplug.auto_movable_ratio":
            guard let ratio = number(value, word) else { break }
            policy.autoMovableRatio = UInt32(exactly: ratio) ?? complain(word) ?? policy.autoMovableRatio
        case "memory_hotplug.auto_movable_numa_aware":
            policy.autoMovableNumaAware = truth(value, word) ?? policy.autoMovableNumaAware
        case "memory_hotplug.memmap_on_memory": policy.memmapOnMemory = truth(value, word) ?? policy.memmapOnMemory
        default: break
        }
    }

    private mutating func complain<T>(_ word: String) -> T? {
        complaints.append("\(word): bad value, ignored")
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

    private mutating func amount(_ value: String?, _ word: String) -> Amount? {
        guard let value else { return complain(word) }
        if value.last == "%" {
            guard let percent = number(String(value.dropLast()), word) else { return nil }
            guard percent <= 100 else { return complain(word) }
            return .percent(percent)
        }
        guard let bytes = KernelText.size(value) else { return complain(word) }
        return .bytes(bytes)
    }
}
