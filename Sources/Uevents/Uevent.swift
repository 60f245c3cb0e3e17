// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// A uevent, as the kernel sends it (spec 12): the text without its SEQNUM, which the kernel adds itself when it
/// passes the message on.
public struct Uevent: Hashable, Sendable {
    /// What happened.
    public let action: UeventAction
    /// The object's path under `/sys`.
    public let path: String
    /// The object's bus.
    public let subsystem: String
    /// Variables after SUBSYSTEM.
    public let arguments: [String]

    /// Makes the uevent of an object; nil for one on no bus, whose events nobody gets.
    public init?(_ action: UeventAction, of object: KernelObject, arguments: [String] = []) {
        guard let subsystem = object.subsystem else { return nil }
        self.action = action
        path = object.path
        self.subsystem = subsystem
        self.arguments = arguments + object.environment
    }

    /// The uevent a change is announced with; nil for a change that nobody is told of.
    public init?(_ change: Change) {
        switch change {
        case .blockAdded(let id): self.init(.add, of: .block(id))
        case .blockRemoved(let id): self.init(.remove, of: .block(id))
        case .blockOnline(let id): self.init(.online, of: .block(id))
        case .blockOffline(let id): self.init(.offline, of: .block(id))
        case .nodeAdded(let id): self.init(.add, of: .node(id))
        case .nodeRemoved(let id): self.init(.remove, of: .node(id))
        case .uevent(let object, let action, let arguments): self.init(action, of: object, arguments: arguments)
        case .stateChanged, .zoneChanged, .notified, .deviceChanged, .workloadChanged, .settingChanged,
            .pagePoisoned, .refused:
            return nil
        }
    }

    /// The message: `ACTION@PATH`, then the variables, each ended by a NUL.
    public var bytes: [UInt8] {
        let words =
            ["\(action.rawValue)@\(path)", "ACTION=\(action.rawValue)", "DEVPATH=\(path)", "SUBSYSTEM=\(subsystem)"]
            + arguments
        return words.flatMap { Array($0.utf8) + [0] }
    }
}
