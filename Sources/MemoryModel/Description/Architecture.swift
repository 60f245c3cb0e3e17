// SPDX-License-Identifier: Apache-2.0

/// A processor architecture: the sizes and limits that decide what its memory looks like.
public enum Architecture: String, CaseIterable, Sendable, Codable {
    /// 64-bit x86.
    case x86_64
    /// 32-bit x86 without PAE: 4 GiB of addresses, memory above 896 MiB is HighMem.
    case i386
    /// 64-bit POWER.
    case ppc64
    /// Itanium.
    case ia64
    /// 64-bit Arm.
    case arm64
    /// IBM Z.
    case s390x

    /// The zones a node has, lowest first; Movable is always the last.
    public var zones: [ZoneKind] {
        switch self {
        case .x86_64, .arm64: [.dma, .dma32, .normal, .movable]
        case .i386: [.dma, .normal, .highMem, .movable]
        case .ia64: [.dma32, .normal, .movable]
        case .s390x: [.dma, .normal, .movable]
        case .ppc64: [.normal, .movable]
        }
    }

    /// The first address above a zone of boot memory, or nil where the zone has no limit of its own.
    ///
    /// x86_64 from spec 11.1; the others as their kernels set them up. On an arm64 machine with nothing below 4 GiB the
    /// low zones have no limit either: all boot memory is in DMA (max_zone_phys).
    ///
    /// - Parameters:
    ///   - zone: a zone that boot memory is in.
    ///   - start: the first address of boot memory.
    public func limit(of zone: ZoneKind, memoryFrom start: UInt64) -> UInt64? {
        switch (self, zone) {
        case (.arm64, .dma) where start >= 4 << 30, (.arm64, .dma32) where start >= 4 << 30: nil
        case (.x86_64, .dma), (.i386, .dma): 16 << 20
        case (.x86_64, .dma32), (.ia64, .dma32): 4 << 30
        case (.i386, .normal): 896 << 20
        case (.arm64, .dma), (.arm64, .dma32): 4 << 30
        case (.s390x, .dma): 2 << 30
        default: nil
        }
    }

    /// Physical address bits of a usual machine.
    public var defaultAddressBits: Int {
        switch self {
        case .x86_64: 46
        case .i386: 32
        case .ppc64, .ia64: 50
        case .arm64: 48
        case .s390x: 53
        }
    }

    /// The highest address the kernel can ever map, with its page tables (spec 3.4, PHYSMEM_END).
    public func highestMappableAddress(pagingLevels: Int) -> UInt64 {
        switch self {
        case .x86_64: pagingLevels == 5 ? (1 << 52) - 1 : (1 << 46) - 1
        case .i386: (1 << 32) - 1
        case .ppc64: (1 << 51) - 1
        case .ia64: (1 << 50) - 1
        case .arm64: (1 << 48) - 1
        case .s390x: (1 << 53) - 1
        }
    }

    /// Whether `memory/probe` exists (CONFIG_ARCH_MEMORY_PROBE).
    public var hasProbe: Bool { self != .s390x }

    /// Whether `soft_offline_page` and `hard_offline_page` exist (CONFIG_MEMORY_FAILURE).
    public var hasMemoryFailure: Bool { self != .i386 }

    /// Whether memory devices are ACPI's (PNP0C80) and shown under `/sys/devices/LNXSYSTM:00`.
    public var hasACPI: Bool { self == .x86_64 || self == .i386 || self == .ia64 || self == .arm64 }

    /// Whether firmware's memory map is shown under `/sys/firmware/memmap`.
    public var hasFirmwareMemmap: Bool { self == .x86_64 || self == .i386 }

    /// Whether `mem=` names an address; elsewhere it is an amount (Documentation/admin-guide/kernel-parameters.txt).
    public var limitsMemoryByAddress: Bool { self == .x86_64 || self == .i386 }

    /// Whether the kernel keeps memblock after boot, and adds to it what is hot-added (CONFIG_ARCH_KEEP_MEMBLOCK).
    public var keepsMemblock: Bool { self == .arm64 || self == .ppc64 || self == .s390x }

    /// Whether page 0 is set aside, so that the lowest zone begins at page 1 (spec 11.1).
    public var keepsPageZero: Bool { self == .x86_64 || self == .i386 }

    /// Whether it is x86, of 64 or 32 bits.
    public var isX86: Bool { self == .x86_64 || self == .i386 }

    /// Whether kernels can be configured to tell a loaded crash kernel of memory and processors that come and go
    /// (ARCH_SUPPORTS_CRASH_HOTPLUG).
    public var keepsCrashKernel: Bool { isX86 || self == .ppc64 }

    /// Hexadecimal digits of a physical address, as the kernel prints it.
    public var addressDigits: Int { self == .i386 ? 8 : 16 }
}
