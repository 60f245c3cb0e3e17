// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What a file takes, written down a second time and from bytes, as the kernel's C has it: what is refused, and with
/// which errno, before the machine is asked.
struct HostileRule: Sendable {
    /// The errno of a text that is refused; nil where it is the machine that decides.
    let refusal: @Sendable (ArraySlice<UInt8>) -> Errno?

    /// The rule of a file; nil for the simulator's own controls, whose lines may be refused for many reasons.
    ///
    /// - Parameter devices: the names on the bus that the file is of.
    static func of(_ path: String, _ abi: KernelABI, devices: [String]) -> HostileRule? {
        let names = path.split(separator: "/").map(String.init)
        guard !names.contains("hotmem"), let name = names.last else { return nil }
        let isBlock = names.dropLast().last?.hasPrefix("memory") == true && names.contains("system")
        switch name {
        case "state" where abi == .linux3_8: return byPrefix(["online_kernel", "online_movable", "online", "offline"])
        case "state", "auto_online_blocks": return words(["online", "online_kernel", "online_movable", "offline"])
        case "online" where isBlock || !names.contains("hotmem"): return bool
        case "config", "memmap_on_memory", "auto_movable_numa_aware": return bool
        case "force_remove": return HostileRule { truth($0) == false ? nil : .invalid }
        case "probe", "nr_hugepages": return HostileRule { number($0).refusal }
        case "soft_offline_page", "hard_offline_page":
            return HostileRule { number($0).refusal == nil ? nil : .invalid }
        case "enabled": return HostileRule { (number($0).value).map { $0 > 1 } == false ? nil : .invalid }
        case "auto_movable_ratio":
            return HostileRule { text in
                let number = number(text)
                return number.refusal ?? (number.value.map { $0 > UInt64(UInt32.max) } == true ? .outOfRange : nil)
            }
        case "online_policy": return words(["contig-zones", "auto-movable"])
        case "control": return words(["auto", "on"])
        case "autosuspend_delay_ms": return HostileRule { _ in .inputOutput }
        case "drivers_autoprobe", "compact": return HostileRule { _ in nil }
        case "drivers_probe":
            return HostileRule { text in devices.contains { Array($0.utf8)[...] == line(text) } ? nil : .noDevice }
        case "eject": return HostileRule { $0.first == UInt8(ascii: "1") ? nil : .invalid }
        case "error": return HostileRule { signed($0.prefix(23)) }
        case "uevent": return abi == .linux3_8 ? HostileRule { _ in nil } : uevent
        case "reclaim": return HostileRule { (line($0).first ?? 0) & 0xf0 == 0x30 ? nil : .invalid }
        default: return nil
        }
    }

    // MARK: Words

    private static func words(_ words: [String]) -> HostileRule {
        HostileRule { text in words.contains { Array($0.utf8)[...] == line(text) } ? nil : .invalid }
    }

    private static func byPrefix(_ words: [String]) -> HostileRule {
        HostileRule { text in
            words.contains { zip(text, $0.utf8).allSatisfy { $0 == $1 } } ? nil : .invalid
        }
    }

    private static let bool = HostileRule { truth($0) == nil ? .invalid : nil }

    /// To the first NUL, without one newline at the end.
    private static func line(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let line = text.prefix { $0 != 0 }
        return line.last == 0x0a ? line.dropLast() : line
    }

    private static func truth(_ text: ArraySlice<UInt8>) -> Bool? {
        let first = text.first.map { $0 | 0x20 }
        let second = text.dropFirst().first.map { $0 | 0x20 }
        if text.first == UInt8(ascii: "1") { return true }
        if text.first == UInt8(ascii: "0") { return false }
        // A letter's other case is 32 away; what is 32 away from these is no letter.
        guard let letter = text.first, letter & 0xc0 == 0x40 else { return nil }
        switch first.map({ Character(Unicode.Scalar($0)) }) {
        case "y", "t": return true
        case "n", "f": return false
        case "o":
            guard let letter = text.dropFirst().first, letter & 0xc0 == 0x40 else { return nil }
            return second == UInt8(ascii: "n") ? true : second == UInt8(ascii: "f") ? false : nil
        default: return nil
        }
    }

    // MARK: Numbers

    /// kstrtoull with base 0.
    private static func number(_ text: ArraySlice<UInt8>) -> (value: UInt64?, refusal: Errno?) {
        // C strings end in a NUL, so that what is looked at is always there.
        var rest = Array(text.prefix { $0 != 0 }) + [0, 0, 0]
        if rest[0] == UInt8(ascii: "+") { rest.removeFirst() }
        var base = 10
        if rest[0] == UInt8(ascii: "0") {
            base = 8
            if rest[1] | 0x20 == UInt8(ascii: "x"), digit(rest[2]).map({ $0 < 16 }) == true {
                base = 16
                rest.removeFirst(2)
            }
        }
        let digits = rest.prefix { digit($0).map { $0 < base } ?? false }
        // Wider than any number that fits, so that the comparison is all there is to it.
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        var (value, isTooLarge): (UInt64, Bool) = (0, significant.count > 22)
        if !isTooLarge {
            var wide: (high: UInt64, low: UInt64) = (0, 0)
            for byte in significant {
                let product = wide.low.multipliedFullWidth(by: UInt64(base))
                let (low, carry) = product.low.addingReportingOverflow(UInt64(digit(byte) ?? 0))
                wide = (wide.high * UInt64(base) + product.high + (carry ? 1 : 0), low)
            }
            (value, isTooLarge) = (wide.low, wide.high > 0)
        }
        if isTooLarge { return (nil, .outOfRange) }
        if digits.isEmpty { return (nil, .invalid) }
        rest.removeFirst(digits.count)
        if rest[0] == 0x0a { rest.removeFirst() }
        return rest[0] == 0 ? (value, nil) : (nil, .invalid)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        guard byte < 0x80, let value = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
        return value
    }

    /// kstrtoll.
    private static func signed(_ text: ArraySlice<UInt8>) -> Errno? {
        guard text.first == UInt8(ascii: "-") else {
            let number = number(text)
            return number.refusal ?? (number.value.map { $0 > UInt64(Int64.max) } == true ? .outOfRange : nil)
        }
        // The kernel reads what follows the sign as unsigned, and a + there is not one.
        if text.dropFirst().first == UInt8(ascii: "+") { return .invalid }
        let number = number(text.dropFirst())
        return number.refusal ?? (number.value.map { $0 > UInt64(1) << 63 } == true ? .outOfRange : nil)
    }

    // MARK: Uevents

    private static let actions = ["add", "remove", "change", "move", "online", "offline", "bind", "unbind"]

    private static let uevent = HostileRule { text in
        var text = text
        if text.last == 0x0a || text.last == 0 { text = text.dropLast() }
        let words = text.split(separator: 0x20, omittingEmptySubsequences: false)
        guard let action = words.first, actions.contains(where: { Array($0.utf8)[...] == action }) else {
            return .invalid
        }
        guard words.count > 1 else { return nil }
        let dashes = [8, 13, 18, 23]
        let isUUID =
            words[1].count == 36
            && words[1].enumerated().allSatisfy { dashes.contains($0) ? $1 == 0x2d : digit($1) != nil }
        let isLetter = { @Sendable (byte: UInt8) in
            byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || digit(byte) != nil)
        }
        let areArguments = words.dropFirst(2).allSatisfy { word in
            let parts = word.split(separator: 0x3d, omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isLetter) }
        }
        guard isUUID, areArguments else { return .invalid }
        // The kernel has room for so much; where the border is, is said elsewhere.
        return words.count > 20 || text.count > 1000 ? .noMemory : nil
    }
}
