// SPDX-License-Identifier: Apache-2.0

/// The kernel's list of memory and of what is taken of it, and its allocator before there is another (spec 11.2;
/// seed 003).
///
/// Two lists of byte ranges: `memory`, all there is, and `reserved`, what is in use. Memory carries flags that say what
/// may be taken from it. It is a value, and knows nothing of the machine it belongs to.
///
///     memory    [ node 0          ][ node 0, MIRROR ]   [ node 1, HOTPLUG ]
///     reserved  [..]  [......]                    [.]
public struct Memblock: Sendable, Equatable, Codable {
    /// What is special about a range of memory.
    public struct Flags: OptionSet, Hashable, Sendable, Codable {
        /// The bits.
        public let rawValue: UInt8
        /// Wraps bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The firmware says that it can be pulled out (seed 003).
        public static let hotplug = Flags(rawValue: 1)
        /// It is kept twice, so that a broken half is no loss.
        public static let mirror = Flags(rawValue: 2)
        /// It is not in the kernel's direct map; nothing may be taken from it.
        public static let nomap = Flags(rawValue: 4)
    }

    /// A range of a list.
    public struct Region: Sendable, Equatable, Codable {
        /// Its bytes; never empty.
        public internal(set) var bytes: Range<UInt64>
        /// Its node; nil as long as nodes are not known, and for what is reserved once they are.
        public internal(set) var node: NodeID?
        /// What is special about it.
        public internal(set) var flags: Flags
    }

    /// What was allocated.
    struct Allocation: Equatable {
        let bytes: Range<UInt64>
        /// Whether mirrored memory was wanted, and none was left.
        let lacksMirror: Bool
    }

    /// All memory, ascending. Neighbours that touch differ in node or flags.
    public private(set) var memory: [Region] = []
    /// What is in use, ascending, likewise. It may reach beyond memory.
    public private(set) var reserved: [Region] = []
    /// Whether a search begins at the lowest address: as long as it is not known what is hot-pluggable, memory next to the
    /// kernel, which never is, is the best guess.
    var isBottomUp = false
    /// Whether nothing is taken from hot-pluggable memory: `movable_node`.
    var avoidsHotpluggable = false
    /// Whether there is mirrored memory, which is then taken before any other.
    private(set) var prefersMirrored = false
    /// The first page is never allocated: address 0 means failure.
    let pageSize: UInt64

    init(pageSize: UInt64) { self.pageSize = pageSize }

    /// Adds memory. What is there already stays as it is.
    mutating func add(_ bytes: Range<UInt64>, node: NodeID? = nil, flags: Flags = []) {
        memory.insert(Region(bytes: bytes, node: node, flags: flags))
    }

    /// Forgets memory, and what was reserved of it.
    mutating func remove(_ bytes: Range<UInt64>) {
        memory.remove(bytes)
        reserved.remove(bytes)
    }

    /// Puts a range into use, whether there is memory or not.
    mutating func reserve(_ bytes: Range<UInt64>) {
        reserved.insert(Region(bytes: bytes, node: nil, flags: []))
    }

    /// Says of a range's memory that it has flags.
    mutating func mark(_ bytes: Range<UInt64>, _ flags: Flags) {
        memory.change(bytes) { $0.flags.formUnion(flags) }
        if flags.contains(.mirror) { prefersMirrored = true }
    }

    /// Takes flags from a range's memory.
    mutating func clear(_ bytes: Range<UInt64>, _ flags: Flags) {
        memory.change(bytes) { $0.flags.subtract(flags) }
    }

    /// Says which node a range of memory belongs to.
    mutating func setNode(_ node: NodeID, of bytes: Range<UInt64>) {
        memory.change(bytes) { $0.node = node }
    }

    /// Says which node a range of what is in use belongs to.
    mutating func setNode(_ node: NodeID, ofReserved bytes: Range<UInt64>) {
        reserved.change(bytes) { $0.node = node }
    }

    /// Nodes that hold anything the kernel uses cannot be pulled out, whatever the firmware says: all their memory
    /// loses its hot-pluggable mark (numa_clear_kernel_node_hotplug, spec 11.3).
    mutating func clearHotplugOfNodesInUse() {
        let inUse = Set(reserved.compactMap(\.node))
        for region in memory where region.node.map(inUse.contains) ?? false { clear(region.bytes, .hotplug) }
    }

    // MARK: - Allocation

    /// Takes memory for the kernel (memblock_alloc_range_nid): from a node if one is given, else or failing that from
    /// any; mirrored if there is such, which comes before the node.
    ///
    /// - Parameter exactly: whether other nodes are out of the question.
    /// - Returns: nil where there is no such memory.
    mutating func allocate(
        _ size: UInt64, alignment: UInt64, node: NodeID? = nil, exactly: Bool = false
    ) -> Allocation? {
        for flags in prefersMirrored ? [.mirror, []] as [Flags] : [[]] {
            let found =
                find(size, alignment: alignment, node: node, flags)
                ?? (node == nil || exactly ? nil : find(size, alignment: alignment, flags))
            guard let found else { continue }
            reserve(found)
            return Allocation(bytes: found, lacksMirror: prefersMirrored && flags.isEmpty)
        }
        return nil
    }

    /// Takes as much as there is in one piece, whole units, up to a size: from a node, or failing that from any. From the
    /// highest address down.
    mutating func allocateUpTo(_ size: UInt64, unit: UInt64, node: NodeID) -> Allocation? {
        for flags in prefersMirrored ? [.mirror, []] as [Flags] : [[]] {
            for gap in free(node: node, flags).reversed() + free(flags).reversed() {
                guard let start = gap.lowerBound.roundedUp(to: unit) else { continue }
                let end = gap.upperBound / unit * unit
                guard start < end else { continue }
                let taken = max(start, end - min(size, end - start))..<end
                reserve(taken)
                return Allocation(bytes: taken, lacksMirror: prefersMirrored && flags.isEmpty)
            }
        }
        return nil
    }

    /// Where an allocation would go: the highest fitting address, or the lowest.
    func find(
        _ size: UInt64, alignment: UInt64, node: NodeID? = nil, _ flags: Flags = []
    ) -> Range<UInt64>? {
        guard size > 0 else { return nil }
        let gaps = free(node: node, flags)
        if isBottomUp {
            for gap in gaps {
                guard let start = gap.lowerBound.roundedUp(to: alignment), start <= gap.upperBound else { continue }
                if gap.upperBound - start >= size { return start..<start + size }
            }
        } else {
            for gap in gaps.reversed() where UInt64(gap.count) >= size {
                let start = (gap.upperBound - size) / alignment * alignment
                if start >= gap.lowerBound { return start..<start + size }
            }
        }
        return nil
    }

    /// What an allocation may take, ascending (should_skip_region).
    ///
    /// - Parameters:
    ///   - node: the node, or nil for any.
    ///   - flags: `mirror` for mirrored memory only.
    func free(node: NodeID? = nil, _ flags: Flags = []) -> [Range<UInt64>] {
        memory.filter { region in
            (node == nil || region.node == node) && !region.flags.contains(.nomap)
                && !(avoidsHotpluggable && region.flags.contains(.hotplug))
                && (!flags.contains(.mirror) || region.flags.contains(.mirror))
        }.flatMap { region -> [Range<UInt64>] in
            var parts = [region.bytes]
            for taken in reserved where taken.bytes.overlaps(region.bytes) {
                parts = parts.flatMap { $0.without(taken.bytes) }
            }
            return parts.flatMap { $0.without(0..<pageSize) }
        }
    }
}
