// SPDX-License-Identifier: Apache-2.0

/// How a block is emptied.
public enum OfflinePolicy: String, CaseIterable, Sendable, Codable {
    /// Pageblocks are isolated; a page that can never move refuses it at once (spec 7).
    case isolate
    /// The early design, to study (seed 000, PG_booked): pages are booked when they are free, booked pages are never
    /// handed out, and the block can go once every page is booked and free. Kernel pages refuse nothing: they are
    /// waited for, until somebody frees them.
    case booked
}

extension Machine {
    /// Pages booked for removal now.
    public var bookedPages: UInt64 {
        pages.zones.indices.reduce(0) { sum, zone in
            (0...pages.layout.maxOrder).reduce(sum) {
                $0 + pages.lists[pages.list(zone, .booked, $1)].count << UInt64($1)
            }
        }
    }

    /// Sets a block apart, as the policy has it.
    ///
    /// - Returns: what ``rejoin(_:_:)`` gives its pageblocks back.
    mutating func setApart(_ content: Int) -> [MigrateType] {
        let types = rules.keepsTypes ? pages.pageblockTypes(of: content) : []
        switch offlinePolicy {
        case .isolate: pages.isolate(content)
        case .booked: pages.change(content) { $0.isBooked = true }
        }
        return types
    }

    /// Undoes ``setApart(_:)``, whatever the policy is by now.
    mutating func rejoin(_ content: Int, _ types: [MigrateType]) {
        if pages.store.contents[content].isBooked {
            pages.change(content) { $0.isBooked = false }
        } else {
            pages.endIsolation(of: content, types)
        }
    }

    /// What keeps a block from being emptied at all. What the kernel uses can be freed; what boot reserved cannot.
    func obstacle(in content: Int, _ kind: ZoneKind) -> PageAllocator.Obstacle? {
        pages.obstacle(in: content, zoneIsMovable: kind == .movable || offlinePolicy == .booked)
    }
}
