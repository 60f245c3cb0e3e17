// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What `uevent` files take: `ACTION` or `ACTION UUID [KEY=VALUE]...`, single blanks between (spec 12).
enum UeventText {
    /// The command a write asks for, on a machine's kernel.
    static func command(
        for object: KernelObject, _ text: String, on machine: Machine
    ) throws(Refusal) -> [Command] {
        if machine.rules.readsUeventArguments { return try command(for: object, text) }
        // A wrong text is no error here: the kernel warns, and takes it.
        guard let action = UeventAction(rawValue: String(trimmed(text))), action != .bind, action != .unbind else {
            return []
        }
        return [.uevent(object, action, arguments: [])]
    }

    /// The text without the newline or NUL that may end it.
    private static func trimmed(_ text: String) -> Substring {
        guard let last = text.utf8.last, last == UInt8(ascii: "\n") || last == 0 else { return text[...] }
        return Substring(text.utf8.dropLast())
    }

    /// The command a write asks for where texts may have arguments.
    ///
    /// - Throws: EINVAL for everything the kernel does not accept.
    private static func command(for object: KernelObject, _ text: String) throws(Refusal) -> [Command] {
        let words = trimmed(text).utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let action = words.first.flatMap(UeventAction.init(rawValue:)) else {
            throw Refusal(.invalid, "unknown uevent action string")
        }
        guard words.count > 1 else { return [.uevent(object, action, arguments: ["SYNTH_UUID=0"])] }
        guard isUUID(words[1]) else { throw Refusal(.invalid, "incorrect uevent action arguments: no UUID") }
        var arguments = ["SYNTH_UUID=\(words[1])"]
        for word in words.dropFirst(2) {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) }) else {
                throw Refusal(.invalid, "incorrect uevent action arguments: not KEY=VALUE")
            }
            arguments.append("SYNTH_ARG_\(word)")
        }
        try checkSize(of: object, action, arguments)
        return [.uevent(object, action, arguments: arguments)]
    }

    /// The kernel has room for 64 variables and 2048 bytes: for the arguments, also where no uevent follows, and for all of
    /// a uevent's, SEQNUM at its longest included.
    private static func checkSize(
        of object: KernelObject, _ action: UeventAction, _ arguments: [String]
    ) throws(Refusal) {
        let all = object.variables(action, arguments: arguments).map { $0 + ["SEQNUM=\(UInt64.max)"] } ?? arguments
        guard all.count <= 64, all.reduce(0, { $0 + $1.utf8.count + 1 }) <= 2048 else {
            throw Refusal(.noMemory, "uevent buffer size too small")
        }
    }

    private static func isUUID(_ word: String) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && parts.allSatisfy { $0.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit } }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
