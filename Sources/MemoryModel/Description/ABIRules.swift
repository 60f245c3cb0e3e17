// SPDX-License-Identifier: Apache-2.0

/// Where kernel generations differ: a column per generation, ``linux6_1``, ``linux6_18`` and ``linux3_8``, of plain values.
///
/// Each row names its source: the specification's table of older kernels (spec 15.1) or a text the system is described
/// in (seed). What has no row is as in 6.1 on all, also where it was not: the texts of `/proc` in 3.8, which had fewer counters, the
/// range of addresses that can be added (E2BIG came with 5.12), details of memory devices, in 6.18 which pageblock is
/// broken up when a type of pages runs out. Which counters there are is a table of the tree's.
public struct ABIRules: Sendable {
    // MARK: Files

    /// `memoryN/online`: since memory joined the driver core's on- and offlining, 3.11 (spec 15.1).
    public let hasOnlineFile: Bool
    /// `memoryN/valid_zones`: since 3.18 (spec 15.1).
    public let hasValidZones: Bool
    /// `memoryN/end_phys_index`, the last section's number. With it `phys_index` is a section's number, too, not the
    /// block's (seed 002, chapter 4; spec 15.1: about 2.6.39 to 3.x).
    public let hasEndPhysIndex: Bool
    /// `memory/auto_online_blocks`, `memhp_default_state=` and bringing added blocks online: since 4.6 (spec 15.1).
    public let bringsAddedOnline: Bool
    /// `/sys/module/memory_hotplug/parameters` and the boot parameters of the same names: since 5.13 and 5.15 (spec
    /// 15.2).
    public let hasPolicyParameters: Bool
    /// `node/has_generic_initiator`: younger than 3.8. (`has_memory` is there on both, since 3.8: spec 15.1.)
    public let hasGenericInitiators: Bool
    /// `/sys/firmware/acpi/hotplug`: since 3.10.
    public let hasHotplugProfiles: Bool

    /// `memory/crash_hotplug` and `cpu/crash_hotplug`: since 6.6, in kernels configured for it (spec 15.3).
    public let hasCrashHotplug: Bool
    /// `nodeN/reclaim`: as in a running Linux 6.18.
    public let hasNodeReclaim: Bool
    /// `nodeN/memory_failure`: since 6.3, where pages can be taken out of use.
    public let hasMemoryFailureCounts: Bool

    // MARK: Texts

    /// Whether `removable` says what the pages are: 1 only if each pageblock is free or of type Movable (spec 15.1;
    /// seed 002, chapter 4). Since 5.6 it is always 1 (spec 15.2).
    public let scansForRemovable: Bool
    /// Whether `state` compares only as many bytes as the shorter of text and word has, in the order online_kernel,
    /// online_movable, online, offline: `online` without a newline is online_kernel, and `offline_please` offline. No
    /// row of spec 15.1 has it; it was complained of on the kernel's list, and mended, after 3.8.
    public let matchesStateByPrefix: Bool
    /// Whether `uevent` files refuse wrong texts and add SYNTH_UUID; if not, a wrong text is taken and nothing happens,
    /// and `bind` and `unbind` are wrong texts (spec 15.1: 4.13, 4.14 and 5.0).
    public let readsUeventArguments: Bool

    // MARK: Zones and states

    /// When memory gets its zone.
    public enum ZoneChoice: Sendable, Equatable {
        /// When it comes online, whichever zone is asked for: since 4.13 (spec 5, 15.2).
        case whenOnline
        /// When it is added: the highest kernel zone, whose span grows over it then, and stays. (The text of seed 002,
        /// 5.2, has Normal, and DMA on powerpc, which is Normal here; HighMem from 32-bit x86.) Only blocks at the
        /// border between that zone and Movable can change sides (seed 001; spec 15.1), others are refused with
        /// `errno`.
        ///
        /// 3.8 returned -1, which the writer saw as EPERM; later kernels EINVAL (spec 15.1: "EPERM in early versions").
        /// The border moves before the notifier chain is asked, and stays if that refuses.
        case whenAdded(errno: Errno)
    }
    /// When memory gets its zone.
    public let zoneChoice: ZoneChoice
    /// Whether an online node has to have normal memory, unless the machine was booted with `movable_node` (which
    /// stands for CONFIG_MOVABLE_NODE): higher memory does not come online before it, and it does not go before higher
    /// memory (seed 001, third patch; spec 15.1).
    public let keepsNormalMemory: Bool
    /// Whether a type written to the `state` of an online block is remembered for the next `1` to `online` (spec 3.1);
    /// before `online` existed, the state was checked first (spec 15.1).
    public let remembersOnlineType: Bool

    /// Whether a block with broken pages does not come online again: since 6.2 (spec 15.3). Before, its pages were whole.
    public let keepsPoison: Bool
    /// Whether each block of a device may hold its own memory map, and where it cannot the map is elsewhere: since 6.6
    /// and 6.8 (spec 15.3). Before, only a device of one block may.
    public let hostsMapsPerBlock: Bool
    /// Whether `kernelcore=mirror` is ignored on machines without mirrored memory: 6.18 does so, in 6.1 everything from
    /// 4 GiB up is Movable then (spec 11.5).
    public let needsMirror: Bool
    /// Whether listeners hear of a node's first and last memory on a chain of the nodes' own, and no longer with the
    /// block's: since 6.17 (spec 15.3).
    public let hasNodeNotifiers: Bool

    // MARK: Offlining and removal

    /// When offlining gives up.
    public struct OfflineLimit: Sendable, Equatable {
        /// How long it tries in all, on the machine's clock.
        public let milliseconds: UInt64
        /// How often it tries where migration fails for good.
        public let attempts: Int
    }
    /// When offlining gives up with EBUSY: after 120 seconds, or about five tries of what cannot succeed; up to 4.14
    /// (spec 15.1; seed 002, 6.2). Where there is no room for the pages, the fifth try ends with migration's own
    /// ENOMEM.
    public let offlineLimit: OfflineLimit?
    /// Whether blocks with holes can go offline: up to 5.6 (spec 15.2).
    public let offlinesHoles: Bool
    /// Whether pageblocks keep their types where an offlining is given up: since 6.18 (spec 15.3). Before, all of them are
    /// Movable then.
    public let keepsTypes: Bool
    /// Whether standby memory of IBM Z has to be configured in `/sys/firmware/memory` before its blocks are there, where the
    /// machine file does not say: in distributions' kernels of that time, and in 6.19.
    public let configuresStandby: Bool
    /// Where the pages of a block that goes offline move, if the machine is not told otherwise (spec 10).
    public let migrationPolicy: MigrationPolicy
    /// Whether memory can be removed. Before 3.9 ejecting a device takes its blocks offline, and they stay (spec 15.1);
    /// the simulator keeps the device in its slot with them.
    public let removesMemory: Bool

    /// Linux 6.1.
    public static let linux6_1 = ABIRules(
        hasOnlineFile: true, hasValidZones: true, hasEndPhysIndex: false, bringsAddedOnline: true,
        hasPolicyParameters: true, hasGenericInitiators: true, hasHotplugProfiles: true, hasCrashHotplug: false,
        hasNodeReclaim: false, hasMemoryFailureCounts: false, scansForRemovable: false, matchesStateByPrefix: false,
        readsUeventArguments: true, zoneChoice: .whenOnline, keepsNormalMemory: false, remembersOnlineType: true,
        keepsPoison: false, hostsMapsPerBlock: false, needsMirror: false, hasNodeNotifiers: false, offlineLimit: nil,
        offlinesHoles: false, keepsTypes: false, configuresStandby: false, migrationPolicy: .away, removesMemory: true)

    /// Linux 6.18.
    public static let linux6_18 = ABIRules(
        hasOnlineFile: true, hasValidZones: true, hasEndPhysIndex: false, bringsAddedOnline: true,
        hasPolicyParameters: true, hasGenericInitiators: true, hasHotplugProfiles: true, hasCrashHotplug: true,
        hasNodeReclaim: true, hasMemoryFailureCounts: true, scansForRemovable: false, matchesStateByPrefix: false,
        readsUeventArguments: true, zoneChoice: .whenOnline, keepsNormalMemory: false, remembersOnlineType: true,
        keepsPoison: true, hostsMapsPerBlock: true, needsMirror: true, hasNodeNotifiers: true, offlineLimit: nil,
        offlinesHoles: false, keepsTypes: true, configuresStandby: true, migrationPolicy: .away, removesMemory: true)

    /// Linux 3.8.
    public static let linux3_8 = ABIRules(
        hasOnlineFile: false, hasValidZones: false, hasEndPhysIndex: true, bringsAddedOnline: false,
        hasPolicyParameters: false, hasGenericInitiators: false, hasHotplugProfiles: false, hasCrashHotplug: false,
        hasNodeReclaim: false, hasMemoryFailureCounts: false, scansForRemovable: true, matchesStateByPrefix: true,
        readsUeventArguments: false, zoneChoice: .whenAdded(errno: .notPermitted), keepsNormalMemory: true,
        remembersOnlineType: false, keepsPoison: false, hostsMapsPerBlock: false, needsMirror: false,
        hasNodeNotifiers: false, offlineLimit: OfflineLimit(milliseconds: 120_000, attempts: 5), offlinesHoles: true,
        keepsTypes: false, configuresStandby: false, migrationPolicy: .near, removesMemory: false)
}
