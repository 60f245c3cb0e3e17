// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// A uevent, as the kernel sends it (spec 12): the text without its SEQNUM, which the kernel adds itself when it
/// passes the message on.
public struct Uevent: Hashable, Sendable {
    /// What happened.
    public let action: UeventAction
    /// The object's path under `/sys`.
    public let path: String
    /// Its variables, in the kernel's order.
    public let variables: [String]

    /// Makes the uevent of an object; nil for one on no bus, whose events nobody gets.
    public init?(_ action: UeventAction, of object: KernelObject, arguments: [String] = []) {
        guard let variables = object.variables(action, arguments: arguments) else { return nil }
        self.action = action
        path = object.path
        self.variables = variables
    }

    /// The uevent a change is announced with; nil for a change that nobody is told of.
    public init?(_ change: Change) {
        guard let announcement = change.announcement else { return nil }
        self.init(announcement.action, of: announcement.object, arguments: announcement.arguments)
    }

    /// The message: `ACTION@PATH`, then the variables, each ended by a NUL.
    public var bytes: [UInt8] {
        (["\(action.rawValue)@\(path)"] + variables).flatMap { Array($0.utf8) + [0] }
    }
}

extension Outcome {
    /// The uevents that are sent, in order, and how often each is.
    public var uevents: some Sequence<(uevent: Uevent, times: UInt64)> {
        announced.lazy.compactMap { change in
            guard let uevent = Uevent(change) else { return nil }
            if case .announced(_, let times) = change { return (uevent, times) }
            return (uevent, 1)
        }
    }
}
