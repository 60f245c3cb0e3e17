// SPDX-License-Identifier: Apache-2.0

/// A machine before it boots: what its firmware says and how its kernel is started.
///
/// A description and the ordered list of commands given to the machine are together its whole state.
/// All addresses are physical, in bytes; ranges name their first and their last byte.
public struct MachineDescription: Sendable, Equatable, Codable {
    /// The kernel generation simulated.
    public var abi: KernelABI
    /// The processor architecture: page and section size, zones, files.
    public var architecture: Architecture
    /// One line that says what the machine is, for listings; empty if its file gives none.
    public var summary: String
    /// The kernel's command line.
    public var commandLine: String
    /// Bytes in a page, one of those in ``Architecture/geometries``.
    public var pageSize: UInt64
    /// Bytes in one memory block, or nil for the architecture's own rule (``blockSize(endOfMemory:)``).
    public var blockSize: UInt64?
    /// How many bits of physical address the processor can form.
    public var addressBits: Int
    /// Levels of page tables (x86_64: 4 or 5); bounds the direct map.
    public var pagingLevels: Int
    /// Whether the machine runs under a hypervisor; decides large block sizes on x86_64 (spec 11.4).
    public var hypervisor: Bool
    /// The firmware's memory map, ascending.
    public var memory: [FirmwareRange]
    /// The ACPI SRAT's memory affinity entries, in the firmware's order. Empty: one node holds everything.
    public var affinity: [Affinity]
    /// Processors, in order of their number.
    public var cpus: [Processor]
    /// Node distances as in the ACPI SLIT, `distances[from][to]`; nil for 10 within a node and 20 between any two.
    public var distances: [[Int]]?
    /// How many slots for memory devices (PNP0C80) the firmware has.
    public var slots: Int
    /// Memory in use from boot on, in order.
    public var workloads: [BootWorkload]
    /// What goes wrong on demand from boot on, in order.
    public var faults: [Fault]
    /// Whether nodes may overlap and distances be senseless, as in firmware that was not tested; the kernel then does
    /// without them (spec 11.3).
    public var hasFirmwareBugs: Bool
    /// Whether the kernel, if its generation can, is configured to keep a crash kernel up to date.
    public var hasCrashHotplug: Bool
    /// Whether standby memory has to be configured before it can be used, on IBM Z.
    public var configuresStandby: Bool
    /// The container devices that the firmware knows of; none is there at boot.
    public var containers: [Container]
    /// What a real machine showed otherwise, where this is the capture of one.
    public var captured: CapturedFiles?

    /// A range of the firmware's memory map (e820).
    public struct FirmwareRange: Sendable, Equatable, Codable {
        /// First byte.
        public var first: UInt64
        /// Last byte.
        public var last: UInt64
        /// What the firmware says of it.
        public var kind: Kind
        /// Whether it is kept twice (EFI's "more reliable"); usable memory only.
        public var isMirrored: Bool
        /// What was written to its blocks' `state` since boot; standby memory only, nil for nothing.
        public var online: OnlineType?
        /// The kinds of range, named as in machine files.
        public enum Kind: String, CaseIterable, Sendable, Codable {
            /// RAM that the kernel takes at boot.
            case usable
            /// Not for the kernel; never a busy resource, so a hot-add may nest in one.
            case reserved
            /// RAM that firmware holds ready: its blocks exist from boot, offline (s390x).
            case standby
            /// RAM that the firmware keeps out of the kernel's direct map (arm64): there, and never free.
            case nomap
        }
        /// Makes a range from its first and last byte.
        public init(first: UInt64, last: UInt64, kind: Kind, isMirrored: Bool = false, online: OnlineType? = nil) {
            (self.first, self.last, self.kind, self.isMirrored) = (first, last, kind, isMirrored)
            self.online = online
        }
    }

    /// An SRAT memory affinity entry: the node of a range, and whether memory can be plugged there.
    public struct Affinity: Sendable, Equatable, Codable {
        /// The node.
        public var node: Int
        /// First byte.
        public var first: UInt64
        /// Last byte.
        public var last: UInt64
        /// Whether the range is hot-pluggable.
        public var hotplug: Bool
        /// Makes an entry from its parts.
        public init(node: Int, first: UInt64, last: UInt64, hotplug: Bool = false) {
            (self.node, self.first, self.last, self.hotplug) = (node, first, last, hotplug)
        }
    }

    /// A processor.
    public struct Processor: Sendable, Equatable, Codable {
        /// The node it is on.
        public var node: Int
        /// Makes a processor on a node.
        public init(node: Int) { self.node = node }
    }

    /// Makes a description; everything but the memory map has the architecture's usual value.
    public init(
        abi: KernelABI = .linux6_1, architecture: Architecture = .x86_64, summary: String = "",
        commandLine: String = "", pageSize: UInt64? = nil, blockSize: UInt64? = nil, addressBits: Int? = nil,
        pagingLevels: Int = 4,
        hypervisor: Bool = true, memory: [FirmwareRange], affinity: [Affinity] = [], cpus: [Processor] = [],
        distances: [[Int]]? = nil, slots: Int = 32, workloads: [BootWorkload] = [], faults: [Fault] = [],
        hasFirmwareBugs: Bool = false,
        hasCrashHotplug: Bool = true, configuresStandby: Bool? = nil, containers: [Container] = [],
        captured: CapturedFiles? = nil
    ) {
        self.abi = abi
        self.architecture = architecture
        self.summary = summary
        self.commandLine = commandLine
        self.pageSize = pageSize ?? architecture.geometries[0].pageSize
        self.blockSize = blockSize
        self.addressBits = addressBits ?? architecture.defaultAddressBits
        self.pagingLevels = pagingLevels
        self.hypervisor = hypervisor
        self.memory = memory
        self.affinity = affinity
        self.cpus = cpus
        self.distances = distances
        self.slots = slots
        self.workloads = workloads
        self.faults = faults
        self.hasFirmwareBugs = hasFirmwareBugs
        self.hasCrashHotplug = hasCrashHotplug
        self.configuresStandby = configuresStandby ?? abi.configuresStandby(on: architecture)
        self.containers = containers
        self.captured = captured
    }
}
