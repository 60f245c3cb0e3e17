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
    /// `min_free_kbytes`, the reserve all zones share. KiB.
    public var minimumFreeKilobytes: UInt64 {
        let lowKilobytes =
            nodes.lazy.flatMap(\.zones).filter { $0.kind != .movable && $0.kind != .highMem }
            .reduce(0) { $0 + $1.managed } * (pageSize / 1024)
        let byRoot = Swift.min(Swift.max(UInt64((Double(lowKilobytes) * 16).squareRoot()), 128), 262144)
        let zones = UInt64(nodes.lazy.flatMap(\.zones).filter { $0.isPopulated && $0.kind.isNormalOrBelow }.count)
        let pageblock = (1 << UInt64(description.geometry.pageblockOrder)) * zones
        let forHugePages = Swift.min(pageblock * 11, lowKilobytes / (pageSize / 1024) / 20) * (pageSize / 1024)
        return Swift.max(byRoot, forHugePages)
    }

    /// The watermarks of every zone of a node, in the node's order.
    public func watermarks(of node: Node) -> [Watermarks] {
        watermarks(
            of: node, reserve: minimumFreeKilobytes / (pageSize / 1024),
            total: Swift.max(1, nodes.lazy.flatMap(\.zones).reduce(0) { $0 + $1.managed }))
    }

    /// - Parameters:
    ///   - reserve: the reserve all zones share.
    ///   - total: managed pages of all zones.
    func watermarks(of node: Node, reserve: UInt64, total: UInt64) -> [Watermarks] {
        node.zones.indices.map { index in
            let zone = node.zones[index]
            let minimum: UInt64
            switch zone.kind {
            case .highMem: minimum = Swift.min(Swift.max(zone.managed / 1024, 32), 128)
            default:
                // Full-width product: 64 TiB times 256 MiB does not fit 64 bits.
                let product = reserve.multipliedFullWidth(by: zone.managed)
                minimum = total.dividingFullWidth(product).quotient
            }
            let distance = Swift.max(minimum / 4, zone.managed / 1000)
            return Watermarks(
                min: minimum, low: minimum + distance, high: minimum + 2 * distance,
                protection: protection(of: index, in: node.zones))
        }
    }

    private func protection(of index: Int, in zones: [Zone]) -> [UInt64] {
        let ratio: UInt64
        switch zones[index].kind {
        case .dma, .dma32: ratio = 256
        case .normal: ratio = 32
        case .highMem, .movable: ratio = 0
        }
        var above: UInt64 = 0
        return zones.indices.map { other in
            guard other > index else { return 0 }
            above += zones[other].managed
            return ratio == 0 || zones[index].managed == 0 ? 0 : above / ratio
        }
    }
}
