// SPDX-License-Identifier: Apache-2.0

/// Everything that can be asked of a machine. One write to a file is one command.
///
/// A machine's description and the commands it was given are its whole state, so a list of commands is a journal,
/// a bug report and a test at once. Commands that were refused belong in the list: some refusals leave a mark
/// (the sticky online type of spec 3.1).
public enum Command: Hashable, Sendable, Codable {
    /// Add one block at a physical address (`memory/probe`, spec 3.4).
    case probe(address: UInt64)
    /// Write to a block's `state` (spec 3.1).
    case setState(BlockID, OnlineType)
    /// Write to a block's `online` (spec 3.2).
    case setOnline(BlockID, Bool)
    /// What happens to blocks added from now on (spec 3.3).
    case setAutoOnline(OnlineType)
    /// Take the page at a physical address out of use, moving what is in it (spec 3.5).
    case softOffline(address: UInt64)
    /// Treat the page at a physical address as broken (spec 3.5).
    case hardOffline(address: UInt64)
    /// Insert a memory device; the firmware chooses its address.
    case plug(id: String, size: UInt64, node: NodeID)
    /// Ask for a memory device to be removed.
    case unplug(id: String)
    /// Write `1` to a slot's `eject` (spec 8.4).
    case eject(slot: Int)
    /// Write to a storage block's `config`.
    case configure(BlockID, Bool)
    /// Write to a storage block's `memmap_on_memory`.
    case setHostsMap(BlockID, Bool)
    /// Allocate memory under a name.
    case allocate(Workload)
    /// Free what was allocated under a name: so many pages, the latest first, or all.
    case free(name: String, pages: UInt64? = nil)
    /// Use pages: they become active, and dirty if written to; so many of the first, or all.
    case touch(name: String, pages: UInt64? = nil, write: Bool = false)
    /// Pin pages for DMA, or unpin them; so many of the first, or all.
    case pin(name: String, pages: UInt64? = nil, Bool)
    /// Let I/O on a workload's pages begin and not end, or end it.
    case stall(name: String, Bool)
    /// Allocate and free at random, reproducibly.
    case background(BackgroundLoad)
    /// Write to a node's `nr_hugepages`.
    case setHugePages(NodeID, UInt64)
    /// Write to a node's `reclaim`: so many pages are to be got back from what is cached.
    case reclaim(NodeID, pages: UInt64)
    /// Schedule blocks to go away, so that allocations steer clear of them, or take that back.
    case avoid(ClosedRange<BlockID>, Bool)
    /// Look up where a page is that was moved, in the migration cache.
    case findMoved(PageFrame)
    /// A signal came to whoever waits for an answer.
    case interrupt(Ticket)
    /// Time passed.
    case tick(milliseconds: UInt64)
    /// Make the notifier chain refuse an action; nil stops it (spec 13).
    case injectError(MemoryAction, Errno?)
    /// Change how `online` chooses a zone (spec 5, 14).
    case setOnlinePolicy(OnlinePolicy.Kind)
    /// Change the auto-movable policy's ratio, in percent (spec 14).
    case setAutoMovableRatio(UInt32)
    /// Change whether the auto-movable policy looks at the node too (spec 14).
    case setAutoMovableNumaAware(Bool)
    /// Change how blocks are emptied.
    case setOfflinePolicy(OfflinePolicy)
    /// Change where pages go that have to move.
    case setMigrationPolicy(MigrationPolicy)
    /// A write to the `enabled` of a handler of ACPI devices: whether what it handles can be ejected.
    case setHotplugEnabled(HotplugProfile, Bool)
    /// Allow (`auto`) or forbid (`on`) runtime power management of an object.
    case setRuntimePower(KernelObject, allowed: Bool)
    /// Change a bus's `drivers_autoprobe`.
    case setAutoprobe(KernelObject.Bus, Bool)
    /// Change what container devices the firmware knows of; those that are plugged in stay as they are.
    case describeContainers([MachineDescription.Container])
    /// Insert a container device, with the memory devices and processors in it.
    case plugContainer(MachineDescription.Container)
    /// Take a container device out, with everything in it.
    case unplugContainer(name: String)
    /// Write `1` to a container's `eject`.
    case ejectContainer(ContainerID)
    /// Write to the `online` of a container's system device.
    case setContainerOnline(ContainerID, Bool)
    /// Write to a processor's `online`.
    case setProcessorOnline(Int, Bool)
    /// Ask how a node could be removed; it changes nothing but what is asked.
    case plan(NodeID)
    /// Ask for an explanation; it changes nothing but what is asked.
    case ask(Question)
    /// Let something go wrong on demand, in place of what was to under the name.
    case setFault(Fault)
    /// Forget what was to go wrong under a name, or all of it.
    case clearFaults(name: String?)
    /// Send a synthetic uevent (spec 12).
    case uevent(KernelObject, UeventAction, arguments: [String])

    /// Whether it waits while memory is being brought on- or offline (spec 1.6).
    var needsHotplugLock: Bool {
        switch self {
        case .probe, .setState, .setOnline, .softOffline, .hardOffline, .plug, .unplug, .eject, .plugContainer,
            .configure, .setHostsMap, .unplugContainer, .ejectContainer, .setContainerOnline, .setProcessorOnline:
            true
        default: false
        }
    }
}

/// What the answer to a command that has to wait is asked for with.
public struct Ticket: Hashable, Sendable, CustomStringConvertible {
    private let number: UInt64
    init(_ number: UInt64) { self.number = number }
    /// Its number.
    public var description: String { "ticket \(number)" }
}

extension Ticket: Codable {
    /// Reads its number.
    public init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(UInt64.self)
    }

    /// Writes its number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
