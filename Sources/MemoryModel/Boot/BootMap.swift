// SPDX-License-Identifier: Apache-2.0

/// The memory map the kernel boots with: the firmware's (e820), changed by `mem=` and `memmap=`
/// (Documentation/admin-guide/kernel-parameters.txt).
///
///     firmware  [ usable             ][ reserved ]   [ usable            ]
///     memmap=   .      $$$$                          .        !!!!
///     boots     [ us. ][re][ usable  ][ reserved ]   [ usable][pe][usable]
public struct BootMap: Sendable, Equatable {
    /// What a range is. Where ranges overlap, the later kind in this list counts.
    public enum Kind: Int, Comparable, Sendable {
        case usable
        case reserved
        case acpi
        case persistent
        case standby
        case nomap

        /// What `/proc/iomem` calls it.
        public var name: String {
            switch self {
            case .usable, .standby: "System RAM"
            case .reserved: "Reserved"
            case .nomap: "reserved"
            case .acpi: "ACPI Tables"
            case .persistent: "Persistent Memory (legacy)"
            }
        }

        /// Whether nothing else may nest in it (spec 3.4).
        public var isBusy: Bool {
            switch self {
            case .usable, .standby, .acpi: true
            case .reserved, .persistent, .nomap: false
            }
        }

        /// Whether there are memory blocks of it from boot.
        public var hasBlocks: Bool {
            switch self {
            case .usable, .standby, .nomap: true
            case .reserved, .acpi, .persistent: false
            }
        }

        /// By what counts.
        public static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }

        init(_ kind: MachineDescription.FirmwareRange.Kind) {
            switch kind {
            case .usable: self = .usable
            case .reserved: self = .reserved
            case .standby: self = .standby
            case .nomap: self = .nomap
            }
        }
    }

    /// A range, first and last byte.
    public struct Entry: Sendable, Equatable {
        /// First byte.
        public var first: UInt64
        /// Last byte.
        public var last: UInt64
        /// What it is.
        public var kind: Kind
    }

    /// Below this, no kernel boots.
    public static let leastMemory: UInt64 = 64 << 20

    /// The ranges, ascending, none overlapping another.
    public private(set) var entries: [Entry]
    /// What could not be done, as the kernel's log says it.
    public private(set) var complaints: [String] = []
    /// Whether the parameters leave too little to boot from. The map is then the firmware's, as if they were not there.
    public private(set) var leavesTooLittle = false

    /// Makes the map a machine boots with.
    public init(_ description: MachineDescription, _ parameters: BootParameters) {
        let firmware = description.memory.map { Entry(first: $0.first, last: $0.last, kind: Kind($0.kind)) }
            .sorted { $0.first < $1.first }
        entries = firmware
        guard !parameters.mapChanges.isEmpty else { return }
        let before = usableBytes
        change(parameters.mapChanges, description)
        guard usableBytes < min(Self.leastMemory, before) else { return }
        complaints.append("mem= and memmap= leave \(usableBytes >> 10)K of memory, too little to boot from; ignored")
        leavesTooLittle = true
        entries = firmware
    }

    /// Usable ranges, ascending.
    public var usable: [Entry] { entries.filter { $0.kind == .usable } }
    /// All usable bytes.
    public var usableBytes: UInt64 { usable.reduce(0) { $0 + ($1.last - $1.first) + 1 } }
    /// The first address above usable memory.
    public var endOfMemory: UInt64 { usable.last.map { $0.last == .max ? $0.last : $0.last + 1 } ?? 0 }

    private mutating func change(_ changes: [BootParameters.MapChange], _ description: MachineDescription) {
        let architecture = description.architecture
        let highest = min(
            description.addressBits >= 64 ? .max : (1 << UInt64(description.addressBits)) - 1,
            architecture.highestMappableAddress(pagingLevels: description.pagingLevels))
        for change in changes {
            switch change {
            case .limit(let bytes):
                if let end = architecture.limitsMemoryByAddress ? bytes : address(holding: bytes) { limit(end) }
            case .memmap(_, let text) where !architecture.hasFirmwareMemmap:
                complaints.append("memmap=\(text): unknown to \(architecture.rawValue), ignored")
            case .memmap(.entry(let entry), let text) where entry.last > highest:
                complaints.append("memmap=\(text): above the processor's addresses, ignored")
            case .memmap(.entry(let entry), _): entries.append(entry)
            case .memmap(.limit(let end), _): limit(end)
            case .memmap(.exact, _): entries = []
            }
        }
        sanitize()
    }

    /// Cuts off usable memory from an address on.
    private mutating func limit(_ end: UInt64) {
        entries = entries.compactMap { entry in
            guard entry.kind == .usable, entry.last >= end else { return entry }
            return entry.first < end ? Entry(first: entry.first, last: end - 1, kind: .usable) : nil
        }
    }

    /// The address that an amount of usable memory lies below; nil if there is no more of it.
    private func address(holding bytes: UInt64) -> UInt64? {
        var left = bytes
        for entry in usable {
            let size = entry.last - entry.first + 1
            if size >= left { return entry.first + left }
            left -= size
        }
        return nil
    }

    /// Makes a list of ranges that do not overlap: where several do, the highest kind counts (e820__update_table).
    private mutating func sanitize() {
        var borders: Set<UInt64> = []
        for entry in entries {
            borders.insert(entry.first)
            if entry.last < .max { borders.insert(entry.last + 1) }
        }
        let starts = borders.sorted()
        let old = entries
        entries = []
        for (index, start) in starts.enumerated() {
            guard let kind = old.lazy.filter({ $0.first <= start && start <= $0.last }).map(\.kind).max() else {
                continue
            }
            let last = index + 1 < starts.count ? starts[index + 1] - 1 : .max
            if let previous = entries.last, previous.kind == kind, previous.last &+ 1 == start {
                entries[entries.count - 1].last = last
            } else {
                entries.append(Entry(first: start, last: last, kind: kind))
            }
        }
    }
}
