// SPDX-License-Identifier: Apache-2.0

/// Which node the pages of a block that goes offline are to go to.
public enum MigrationPolicy: String, CaseIterable, Sendable, Codable {
    /// Another node than the block's, if any has memory: Linux 6.1 (spec 10).
    case away
    /// The block's own node while that stays, the nearest other when all of its blocks are scheduled to go (seed 004);
    /// so Linux 3.8, as long as there is room.
    case near
}

/// Where the pages of a block that goes offline are to go (spec 10, alloc_migration_target; seed 004).
extension Machine {
    /// What is asked for the new pages: the zonelist of their own node, filtered. The Movable zone is a target only
    /// for what comes from there.
    func migrationTarget(from block: MemoryBlock, _ zone: ZoneKind) -> PageRequest {
        let home = position(of: block.node)
        let kinds = nodes[home].zones.map(\.kind)
        let highest = zone == .movable ? kinds.count - 1 : kinds.count - 2
        // Near is elsewhere only if all of the node is scheduled to go.
        let leaves =
            migrationPolicy == .away
            || blocks.allSatisfy { $0.node != block.node || !$0.isOnline || $0.isAvoided }
        let others = nodes.indices.map { $0 != home && nodes[$0].hasMemory }
        let cpu = nodes[home].onlineCPUs.first ?? 0
        return PageRequest(
            order: 0, type: .movable, highestZone: max(0, highest), node: home, cpu: cpu,
            cpuNode: nodes[home].onlineCPUs.isEmpty ? position(of: node(ofProcessor: cpu)) : home,
            allowed: leaves && others.contains(true) ? others : nil)
    }

    /// An obstacle in words. Of memory maps it names all that the block holds: they go when their blocks were removed,
    /// so it tells which have to go first.
    func describe(_ obstacle: PageAllocator.Obstacle, in content: Int) -> String {
        switch obstacle {
        case .reserved(let frame): return "page frame \(frame), reserved since boot"
        case .unmovable(let frame, let owner):
            guard pages.owners[owner].mapOf != nil else {
                return "page frame \(frame), \(pages.owners[owner].kind.rawValue) of \(pages.owners[owner].name)"
            }
            return "page frame \(frame), memory map of \(BlockID.list(pages.memoryMaps(in: pages.survey(content))))"
        }
    }

    /// A hindrance in words.
    func describe(_ hindrance: PageAllocator.Hindrance) -> String {
        switch hindrance {
        case .pinned(let owner): "pages of \(pages.owners[owner].name) are pinned"
        case .stalled(let owner): "I/O on pages of \(pages.owners[owner].name) does not end"
        case .notFound(let owner): "who maps pages of \(pages.owners[owner].name) is not found (non-linear mapping)"
        case .privateData(let owner):
            "\(pages.owners[owner].fileSystem?.rawValue ?? "the file system") cannot move the private data of "
                + "\(pages.owners[owner].name)"
        case .never(let owner): "\(pages.owners[owner].kind.rawValue) pages of \(pages.owners[owner].name) never move"
        case .stuck(let owner): "a page of \(pages.owners[owner].name) will not migrate"
        case .noRoom(let owner): "no room elsewhere for pages of \(pages.owners[owner].name)"
        }
    }
}
