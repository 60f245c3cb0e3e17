// SPDX-License-Identifier: Apache-2.0

/// Watermarks and reserves, as the kernel computes them from the zones' managed pages (spec 9.5).
public struct Watermarks: Sendable, Equatable {
    /// Below this only the kernel's most urgent allocations succeed. Pages.
    public var min: UInt64
    /// Below this the kernel starts to reclaim. Pages.
    public var low: UInt64
    /// Above this it stops. Pages.
    public var high: UInt64
    /// Pages of this zone kept from allocations that could have used a higher one, by the highest zone allowed,
    /// in the order of the node's zones.
    public var protection: [UInt64]
}

extension Machine {
    /// Managed pages of all zones.
    var managedPages: UInt64 {
        var pages: UInt64 = 0
        for node in nodes.indices { for zone in nodes[node].zones.indices { pages += nodes[node].zones[zone].managed } }
        return pages
    }

    /// `min_free_kbytes`, the reserve all zones share. KiB.
    public var minimumFreeKilobytes: UInt64 {
        var (low, zones): (UInt64, UInt64) = (0, 0)
        for node in nodes.indices {
            for index in nodes[node].zones.indices {
                let zone = nodes[node].zones[index]
                if zone.kind != .movable, zone.kind != .highMem { low += zone.managed }
                if zone.isPopulated, zone.kind.isNormalOrBelow { zones += 1 }
            }
        }
        let lowKilobytes = low * (pageSize / 1024)
        let byRoot = Swift.min(Swift.max(UInt64((Double(lowKilobytes) * 16).squareRoot()), 128), 262144)
        let pageblock = (1 << UInt64(description.geometry.pageblockOrder)) * zones
        let forHugePages = Swift.min(pageblock * 11, lowKilobytes / (pageSize / 1024) / 20) * (pageSize / 1024)
        return Swift.max(byRoot, forHugePages)
    }

    /// The watermarks of every zone of a node, in the node's order.
    public func watermarks(of node: Node) -> [Watermarks] {
        let reserve = minimumFreeKilobytes / (pageSize / 1024)
        let total = Swift.max(1, managedPages)
        return node.zones.indices.map { index in
            let marks = marks(of: node.zones[index], reserve: reserve, total: total)
            var protection = [UInt64](repeating: 0, count: node.zones.count)
            forEachProtection(of: index, in: node.zones) { protection[$0] = $1 }
            return Watermarks(min: marks.min, low: marks.low, high: marks.high, protection: protection)
        }
    }

    /// The marks of a zone.
    ///
    /// - Parameters:
    ///   - reserve: the reserve all zones share.
    ///   - total: managed pages of all zones.
    func marks(of zone: Zone, reserve: UInt64, total: UInt64) -> (min: UInt64, low: UInt64, high: UInt64) {
        let minimum: UInt64
        switch zone.kind {
        case .highMem: minimum = Swift.min(Swift.max(zone.managed / 1024, 32), 128)
        default:
            // Full-width product: 64 TiB times 256 MiB does not fit 64 bits.
            let product = reserve.multipliedFullWidth(by: zone.managed)
            minimum = total.dividingFullWidth(product).quotient
        }
        let distance = Swift.max(minimum / 4, zone.managed / 1000)
        return (minimum, minimum + distance, minimum + 2 * distance)
    }

    /// Calls with the pages of a zone that are kept from allocations that could have used a higher one, for each zone.
    @inline(__always) func forEachProtection(
        of index: Int, in zones: [Zone], _ body: (_ highest: Int, _ pages: UInt64) -> Void
    ) {
        let ratio: UInt64
        switch zones[index].kind {
        case .dma, .dma32: ratio = 256
        case .normal: ratio = 32
        case .highMem, .movable: ratio = 0
        }
        var above: UInt64 = 0
        for other in zones.indices {
            if other > index { above += zones[other].managed }
            body(other, other <= index || ratio == 0 || zones[index].managed == 0 ? 0 : above / ratio)
        }
    }
}
