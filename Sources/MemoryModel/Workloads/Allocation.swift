// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// Unmovable memory in named blocks: what makes EBUSY.
extension Machine {
    /// The workloads, in order of allocation.
    public var workloadList: [Workload] { Array(workloads.values) }

    /// Puts unmovable pages into a block.
    ///
    /// - Throws: EEXIST for a name in use, ENXIO where the block is not there or not online, EINVAL in the
    ///   Movable zone (which takes no kernel memory), ENOMEM where the block has not as many free pages.
    mutating func allocate(_ workload: Workload) throws(Refusal) {
        guard workloads[workload.name] == nil else {
            throw Refusal(.exists, "a workload named \(workload.name) exists")
        }
        guard let position = blocks.position(of: workload.block), blocks[position].isOnline else {
            throw Refusal(.noAddress, "\(workload.block) is not online")
        }
        let home = home(of: blocks[position])
        guard home.zone.isKernelZone else {
            throw Refusal(.invalid, "\(workload.block) is in zone Movable, which takes no kernel memory")
        }
        let free = freeRuns(of: blocks[position]).lazy
            .filter { $0.node == home.node && $0.zone == home.zone }.reduce(0) { $0 + $1.pages.count }
        guard workload.pages > 0, Int(workload.pages) <= free else {
            throw Refusal(.noMemory, "\(workload.block) has \(free) free pages")
        }
        blocks[position].unmovablePages += workload.pages
        self[home.node].withZone(home.zone) { $0.free -= UInt64(workload.pages) }
        workloads[workload.name] = workload
        changes.append(.workloadChanged(name: workload.name))
    }

    /// Frees what was allocated under a name.
    ///
    /// - Throws: ENOENT where there is no such workload.
    mutating func free(name: String) throws(Refusal) {
        guard let workload = workloads.removeValue(forKey: name) else {
            throw Refusal(.noEntry, "no workload named \(name)")
        }
        guard let position = blocks.position(of: workload.block) else {
            preconditionFailure("\(workload.block) went away with unmovable pages in it")
        }
        blocks[position].unmovablePages -= workload.pages
        // What broke while in use goes last, and not to the free lists.
        let broken = blocks[position].brokenInUse
        blocks[position].brokenInUse = min(broken, blocks[position].unmovablePages)
        let lost = broken - blocks[position].brokenInUse
        let home = home(of: blocks[position])
        self[home.node].withZone(home.zone) { $0.free += UInt64(workload.pages - lost) }
        changes.append(.workloadChanged(name: name))
    }

    /// The zone workloads take their pages from: the block's own, or the highest of a block with several.
    private func home(of block: MemoryBlock) -> ZoneExtent {
        guard let home = extents(of: block).last else { preconditionFailure("\(block.id) is online in no zone") }
        return home
    }
}
