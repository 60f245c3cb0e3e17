// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/sys/kernel/debug/notifier-error-inject` (spec 13).
enum NotifierTable {
    static let inject: [Row<Whole>] = [.directory("memory", .notifierMemory)]
    static let memory: [Row<Whole>] = [.directory("actions", .notifierActions)]

    static let actions: [Row<Whole>] = [
        .directories(
            "MEM_GOING_ONLINE, MEM_GOING_OFFLINE", .notifierAction,
            Family(members: { _, _ in
                MemoryAction.allCases.enumerated().filter { $0.element.canBeRefused }.map {
                    Member(name: $0.element.rawValue, key: Key(object: UInt32($0.offset)))
                }
            }))
    ]

    static let action: [Row<MemoryAction>] = [
        .file("error", mode: 0o600, show: { "\(-($0.notifiers.injected[$1]?.rawValue ?? 0))\n" }, store: setError)
    ]

    /// A signed number, of which only the first 23 characters are looked at, taken as 32 bits and clamped to
    /// -4095...0.
    @Sendable private static func setError(
        _: Machine, action: MemoryAction, text: String
    ) throws(Refusal) -> [Command] {
        let line = KernelText.line(Substring(text.utf8.prefix(23)))
        switch KernelText.signed(line) {
        case .failure(.malformed): throw Refusal(.invalid, "not a number")
        case .failure(.tooLarge): throw Refusal(.outOfRange, "number does not fit 64 bits")
        case .success(let number):
            let error = min(0, max(-4095, Int32(truncatingIfNeeded: number)))
            return [.injectError(action, error == 0 ? nil : Errno(rawValue: -error))]
        }
    }
}

extension MemoryAction: Subject {
    static func find(_ key: Key, in machine: Machine) -> MemoryAction? {
        let all = MemoryAction.allCases
        return Int(key.object) < all.count ? all[Int(key.object)] : nil
    }
}
