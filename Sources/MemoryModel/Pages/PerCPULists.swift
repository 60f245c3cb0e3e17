// SPDX-License-Identifier: Apache-2.0

/// A CPU's own stock of free pages of a zone: small chunks come from here and go here first.
struct PerCPULists: Sendable, Codable {
    /// Chunks of this order and below are kept here.
    static let highestOrder = 3
    /// By type (unmovable, movable, reclaimable) and order.
    var lists = ContiguousArray(repeating: PageList(), count: 3 * (highestOrder + 1))
    /// Pages in all of them.
    var count = 0
}

extension PageAllocator {
    /// Whether chunks of an order go through a zone's per-CPU lists: not while a block of it goes offline.
    @inline(__always) func usesPerCPU(_ zone: Int, _ order: Int) -> Bool {
        order <= PerCPULists.highestOrder && zones[zone].perCPUOff == 0
    }

    /// The lists of a zone and CPU.
    mutating func perCPUNumber(_ zone: Int, _ cpu: Int) -> Int {
        let place = zone * processors + cpu
        if perCPUIndex[place] < 0 {
            perCPUIndex[place] = Int32(perCPU.count)
            perCPU.append(PerCPULists())
        }
        return Int(perCPUIndex[place])
    }

    /// Takes a chunk from a CPU's stock; an empty list is filled with a batch first.
    ///
    /// - Returns: the chunk, and whether it was there already; nil where there is none.
    mutating func takePerCPU(
        _ zone: Int, _ cpu: Int, _ order: Int, _ type: MigrateType, noFragment: Bool
    ) -> (index: Int, wasThere: Bool)? {
        let number = perCPUNumber(zone, cpu)
        let list = Int(type.rawValue) * (PerCPULists.highestOrder + 1) + order
        let wasThere = !perCPU[number].lists[list].isEmpty
        if !wasThere {
            let batch = zones[zone].batch
            let wanted = batch > 1 ? max(batch >> order, 2) : 1
            if order == 0 { fillStock(wanted, zone, type, in: list, of: number, noFragment: noFragment) }
            for _ in 0..<(order == 0 ? 0 : wanted) {
                guard let index = takeFromBuddy(zone, order, type, noFragment: noFragment) else { break }
                stock(index, order, type, in: list, of: number, zone, atTail: true)
            }
        }
        let head = perCPU[number].lists[list].head
        guard head != .none else { return nil }
        unstock(head.number, order, from: list, of: number, zone)
        return (head.number, wasThere)
    }

    /// Puts a chunk into a CPU's stock; when it holds too much, a batch goes back to the buddy lists.
    mutating func givePerCPU(_ index: Int, _ zone: Int, _ cpu: Int, _ order: Int, _ type: MigrateType) {
        let number = perCPUNumber(zone, cpu)
        let list = Int(type.rawValue) * (PerCPULists.highestOrder + 1) + order
        stock(index, order, type, in: list, of: number, zone, atTail: false)
        if perCPU[number].count >= zones[zone].highPerCPU {
            shrink(number, by: min(zones[zone].batch, perCPU[number].count), zone)
        }
    }

    @inline(__always) private mutating func stock(
        _ index: Int, _ order: Int, _ type: MigrateType, in list: Int, of number: Int, _ zone: Int, atTail: Bool
    ) {
        store.records[index].use = .perCPU
        store.records[index].order = UInt8(order)
        store.records[index].type = type
        store.insert(Link(page: index), in: &perCPU[number].lists[list], atTail: atTail)
        perCPU[number].count += 1 << order
        zones[zone].perCPU += 1 << UInt64(order)
    }

    @inline(__always) private mutating func unstock(
        _ index: Int, _ order: Int, from list: Int, of number: Int, _ zone: Int
    ) {
        store.remove(Link(page: index), from: &perCPU[number].lists[list])
        store.records[index].use = .tail
        perCPU[number].count -= 1 << order
        zones[zone].perCPU -= 1 << UInt64(order)
    }

    /// Gives pages of a stock back, one list after the other, oldest first (free_pcppages_bulk).
    mutating func shrink(_ number: Int, by pages: Int, _ zone: Int) {
        var left = pages
        var filled: [Int] = perCPU[number].lists.indices.filter { !perCPU[number].lists[$0].isEmpty }
        var turn = 0
        while left > 0, !filled.isEmpty {
            if turn >= filled.count { turn = 0 }
            let list = filled[turn]
            let order = list % (PerCPULists.highestOrder + 1)
            if filled.count == 1, order == 0 {
                left -= shrinkRun(left, of: number, list, zone)
            } else {
                let tail = perCPU[number].lists[list].tail.number
                unstock(tail, order, from: list, of: number, zone)
                giveBack(tail, order: order, zone)
                left -= 1 << order
            }
            if perCPU[number].lists[list].isEmpty { filled.remove(at: turn) } else { turn += 1 }
        }
    }

    /// Gives single pages of a stock's only list back, the oldest first, as far as they follow each other.
    ///
    /// - Returns: how many.
    private mutating func shrinkRun(_ most: Int, of number: Int, _ list: Int, _ zone: Int) -> Int {
        let last = perCPU[number].lists[list].tail.number
        // Chunks end at the border of their zone.
        let pages = store.takeDescending(store.isOfOneZone(last) ? most : 1, from: &perCPU[number].lists[list])
        perCPU[number].count -= pages.count
        zones[zone].perCPU -= UInt64(pages.count)
        giveBackDescending(pages, zone)
        return pages.count
    }

    /// Empties every CPU's stock of a zone.
    mutating func drainPerCPU(_ zone: Int) {
        guard zones[zone].perCPU > 0 else { return }
        for cpu in 0..<processors {
            let number = Int(perCPUIndex[zone * processors + cpu])
            if number >= 0 { shrink(number, by: perCPU[number].count, zone) }
        }
    }

    /// Empties a CPU's stock of every zone.
    mutating func drain(cpu: Int) {
        for zone in zones.indices where zones[zone].perCPU > 0 {
            let number = Int(perCPUIndex[zone * processors + cpu])
            if number >= 0 { shrink(number, by: perCPU[number].count, zone) }
        }
    }

    /// Pages in a CPU's stock of a zone.
    func perCPUCount(_ zone: Int, cpu: Int) -> Int {
        let number = Int(perCPUIndex[zone * processors + cpu])
        return number < 0 ? 0 : perCPU[number].count
    }
}
