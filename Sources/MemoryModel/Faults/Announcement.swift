// SPDX-License-Identifier: Apache-2.0

/// What user space is told of a kernel object: a uevent before it is text (spec 12).
public struct Announcement: Hashable, Sendable, Codable {
    /// What it is about.
    public let object: KernelObject
    /// What happened.
    public let action: UeventAction
    /// Variables of its own, as `NAME=value`.
    public let arguments: [String]

    /// Makes one; nil for an object on no bus, whose events nobody gets.
    init?(_ action: UeventAction, of object: KernelObject, arguments: [String] = []) {
        guard object.subsystem != nil else { return nil }
        (self.object, self.action, self.arguments) = (object, action, arguments)
    }
}

extension Change {
    /// What it is announced with; nil for a change that nobody is told of.
    public var announcement: Announcement? {
        switch self {
        case .blockAdded(let id): Announcement(.add, of: .block(id))
        case .blockRemoved(let id): Announcement(.remove, of: .block(id))
        case .blockOnline(let id): Announcement(.online, of: .block(id))
        case .blockOffline(let id): Announcement(.offline, of: .block(id))
        case .nodeAdded(let id): Announcement(.add, of: .node(id))
        case .nodeRemoved(let id): Announcement(.remove, of: .node(id))
        case .containerAdded(let id): Announcement(.add, of: .containerDevice(id))
        case .containerRemoved(let id): Announcement(.remove, of: .containerDevice(id))
        case .containerOnline(let id): Announcement(.online, of: .containerDevice(id))
        case .containerOffline(let id): Announcement(.offline, of: .containerDevice(id))
        case .containerOfflineWanted(let id):
            Announcement(.change, of: .containerDevice(id), arguments: ["EVENT=offline"])
        case .cpuAdded(let number): Announcement(.add, of: .cpu(number))
        case .cpuRemoved(let number): Announcement(.remove, of: .cpu(number))
        case .cpuOnline(let number): Announcement(.online, of: .cpu(number))
        case .cpuOffline(let number): Announcement(.offline, of: .cpu(number))
        case .uevent(let object, let action, let arguments): Announcement(action, of: object, arguments: arguments)
        case .announced(let announcement, _): announcement
        case .stateChanged, .zoneChanged, .notified, .deviceChanged, .workloadChanged, .settingChanged,
            .pagePoisoned, .pagesMoved, .pagesStay, .reported, .refused, .faulted:
            nil
        }
    }
}

extension KernelObject {
    /// The subsystems whose uevents are sent.
    static let subsystems = ["memory", "node", "cpu", "bus", "acpi", "container"]
}
