// SPDX-License-Identifier: Apache-2.0

/// How a kernel cuts memory up: what follows from the size of its pages.
public struct PageGeometry: Sendable, Equatable {
    /// Bytes in a page.
    public let pageSize: UInt64
    /// Bytes in a section, the unit of the sparse memory model.
    public let sectionSize: UInt64
    /// The highest order of the buddy allocator's free lists.
    public let maxOrder: Int
    /// The order of a pageblock, the unit of a migrate type: a huge page, if the lists go as far.
    public let pageblockOrder: Int
}

extension Architecture {
    /// What kernels of the architecture are built with, the usual one first.
    ///
    /// Sections as in seed 002, 1.3 (16 MiB on power, 1 GiB on ia64); arm64's are larger with large pages, as its
    /// sparsemem.h has it. Orders as in the Kconfig of each, for Linux 6.1.
    public var geometries: [PageGeometry] {
        func pages(_ kilobytes: UInt64, sections megabytes: UInt64, orders: (max: Int, pageblock: Int)) -> PageGeometry
        {
            PageGeometry(
                pageSize: kilobytes << 10, sectionSize: megabytes << 20, maxOrder: orders.max,
                pageblockOrder: orders.pageblock)
        }
        return switch self {
        case .x86_64: [pages(4, sections: 128, orders: (10, 9))]
        case .i386: [pages(4, sections: 64, orders: (10, 9))]
        case .ia64: [pages(16, sections: 1024, orders: (16, 14))]
        case .s390x: [pages(4, sections: 256, orders: (10, 8))]
        case .ppc64:
            [pages(64, sections: 16, orders: (8, 8)), pages(4, sections: 16, orders: (12, 12))]
        case .arm64:
            [
                pages(4, sections: 128, orders: (10, 9)), pages(16, sections: 128, orders: (11, 11)),
                pages(64, sections: 512, orders: (13, 13)),
            ]
        }
    }
}

extension MachineDescription {
    /// How the machine's kernel cuts memory up.
    public var geometry: PageGeometry {
        let possible = architecture.geometries
        return possible.first { $0.pageSize == pageSize } ?? possible[0]
    }

    /// Bytes in a memory block: what the machine says, or the architecture's rule (x86_64: spec 11.4; elsewhere one
    /// section).
    ///
    /// - Parameter endOfMemory: the first address above boot memory.
    public func blockSize(endOfMemory: UInt64) -> UInt64 {
        if let blockSize { return blockSize }
        guard architecture == .x86_64, endOfMemory >= 64 << 30 else { return geometry.sectionSize }
        guard hypervisor else { return 2 << 30 }
        return [2 << 30, 1 << 30, 512 << 20, 256 << 20].first { endOfMemory.isMultiple(of: $0) } ?? geometry.sectionSize
    }
}
