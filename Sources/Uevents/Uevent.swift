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
        switch change {
        case .blockAdded(let id): self.init(.add, of: .block(id))
        case .blockRemoved(let id): self.init(.remove, of: .block(id))
        case .blockOnline(let id): self.init(.online, of: .block(id))
        case .blockOffline(let id): self.init(.offline, of: .block(id))
        case .nodeAdded(let id): self.init(.add, of: .node(id))
        case .nodeRemoved(let id): self.init(.remove, of: .node(id))
        case .containerAdded(let id): self.init(.add, of: .containerDevice(id))
        case .containerRemoved(let id): self.init(.remove, of: .containerDevice(id))
        case .containerOnline(let id): self.init(.online, of: .containerDevice(id))
        case .containerOffline(let id): self.init(.offline, of: .containerDevice(id))
        case .containerOfflineWanted(let id):
            self.init(.change, of: .containerDevice(id), arguments: ["EVENT=offline"])
        case .cpuAdded(let number): self.init(.add, of: .cpu(number))
        case .cpuRemoved(let number): self.init(.remove, of: .cpu(number))
        case .cpuOnline(let number): self.init(.online, of: .cpu(number))
        case .cpuOffline(let number): self.init(.offline, of: .cpu(number))
        case .uevent(let object, let action, let arguments): self.init(action, of: object, arguments: arguments)
        case .stateChanged, .zoneChanged, .notified, .deviceChanged, .workloadChanged, .settingChanged,
            .pagePoisoned, .pagesMoved, .pagesStay, .reported, .refused:
            return nil
        }
    }

    /// The message: `ACTION@PATH`, then the variables, each ended by a NUL.
    public var bytes: [UInt8] {
        (["\(action.rawValue)@\(path)"] + variables).flatMap { Array($0.utf8) + [0] }
    }
}
