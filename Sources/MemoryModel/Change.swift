// SPDX-License-Identifier: Apache-2.0

/// Something that happened to the machine, in the order it happened.
///
/// Everything outside the model follows from these: which uevents are sent, what the log says, which cached
/// answers are no longer true.
public enum Change: Hashable, Sendable, Codable {
    /// A block's directory is there; its node links follow (uevent `add`).
    case blockAdded(BlockID)
    /// A block's directory is gone (uevent `remove`).
    case blockRemoved(BlockID)
    /// A block's `state` reads another text.
    case stateChanged(BlockID, MemoryBlock.State)
    /// A block came online (uevent `online`); its `online` flag follows.
    case blockOnline(BlockID)
    /// A block went offline (uevent `offline`).
    case blockOffline(BlockID)
    /// A node's directory is there (uevent `add`).
    case nodeAdded(NodeID)
    /// A node's directory is gone (uevent `remove`).
    case nodeRemoved(NodeID)
    /// A zone's span or counts changed, and with them `valid_zones` of blocks near it and the node's masks.
    case zoneChanged(NodeID, ZoneKind)
    /// The notifier chain was called; `refused` is its objection.
    case notified(MemoryAction, MemoryNotice, refused: Refusal?)
    /// A slot was plugged, unplugged, bound or unbound.
    case deviceChanged(slot: Int)
    /// Pages moved from a block to zones elsewhere, or were dropped.
    case pagesMoved(from: BlockID, frames: UInt64, to: NodeID, ZoneKind)
    /// Pages of a block could not move yet, and it waits for them; why.
    case pagesStay(BlockID, reason: String)
    /// Memory was allocated or freed under a name.
    case workloadChanged(name: String)
    /// A setting (policy, default state, injected error, power control) reads another text.
    case settingChanged
    /// A page was taken out of use.
    case pagePoisoned(PageFrame)
    /// A container's system device is there, and what is in it follows (uevent `add`).
    case containerAdded(ContainerID)
    /// A container is gone, after what was in it (uevent `remove`).
    case containerRemoved(ContainerID)
    /// Everything in a new container is there, or one was written online again (uevent `online`).
    case containerOnline(ContainerID)
    /// A container's system device went offline (uevent `offline`).
    case containerOffline(ContainerID)
    /// User space is to take a container and all in it offline (uevent `change` with EVENT=offline).
    case containerOfflineWanted(ContainerID)
    /// A processor's directory is there (uevent `add`).
    case cpuAdded(Int)
    /// A processor's directory is gone (uevent `remove`).
    case cpuRemoved(Int)
    /// A processor runs (uevent `online`).
    case cpuOnline(Int)
    /// A processor no longer runs (uevent `offline`).
    case cpuOffline(Int)
    /// A synthetic uevent is to be sent.
    case uevent(KernelObject, UeventAction, arguments: [String])
    /// A uevent is sent, so many times: one that was held back, or that a fault adds.
    case announced(Announcement, times: UInt64)
    /// A fault struck; what it did it to follows, unless that was not done.
    indirect case faulted(FaultHit)
    /// The kernel told the firmware how something it asked for stands.
    case reported(FirmwareReport)
    /// Part of a command that as a whole succeeded was refused: an automatic onlining, an eject.
    case refused(Refusal)
}

/// The answer to a command that had to wait.
public struct Answer: Sendable, Equatable {
    /// Which command.
    public let ticket: Ticket
    /// Why it was refused, or nil if it was done.
    public let refusal: Refusal?
}

/// The answer to a command.
public struct Outcome: Sendable, Equatable {
    /// What happened, in order. A refused command may have changes too: notifier calls, cancelled attempts.
    public var changes: [Change]
    /// Places in ``changes`` whose uevents are not sent with them: a fault holds them back, or lost them.
    public var withheld: Set<Int> = []
    /// Why the command was refused, or nil if it was done.
    public var refusal: Refusal?
    /// If there is no answer yet: what later outcomes call it.
    public var waiting: Ticket?
    /// Answers to commands given before, which had to wait until this one.
    public var finished: [Answer] = []

    /// The changes, but for those that are not announced.
    public var announced: some Sequence<Change> {
        changes.enumerated().lazy.filter { !withheld.contains($0.offset) }.map(\.element)
    }

    init(changes: [Change], refusal: Refusal?) { (self.changes, self.refusal) = (changes, refusal) }
}
