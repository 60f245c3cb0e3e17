// SPDX-License-Identifier: Apache-2.0

/// What memblock hears of after boot. Most architectures keep no memblock then: what x86 would show of it is what boot
/// left (CONFIG_ARCH_KEEP_MEMBLOCK, spec 4.6).
extension Machine {
    mutating func addToMemblock(first: UInt64, size: UInt64, node: NodeID) {
        guard description.architecture.keepsMemblock else { return }
        memblock.add(first..<first + size, node: node)
    }

    mutating func removeFromMemblock(first: UInt64, size: UInt64) {
        guard description.architecture.keepsMemblock else { return }
        memblock.remove(first..<first + size)
    }
}
