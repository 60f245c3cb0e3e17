// SPDX-License-Identifier: Apache-2.0

@testable import MemoryModel

/// What must hold of a machine's page frames at any time: every frame is one thing, in one list, counted once.
struct PageInvariants {
    let machine: Machine
    private var pages: PageAllocator { machine.pages }

    init(machine: Machine) { self.machine = machine }

    /// What a zone's frames add up to.
    private struct Sum: Equatable {
        var free: UInt64 = 0
        var setApart: UInt64 = 0
        var perCPU: UInt64 = 0
        var used = [UInt64](repeating: 0, count: PageKind.allCases.count)
        var active = [UInt64](repeating: 0, count: PageKind.allCases.count)
        var dirty: UInt64 = 0
        var huge: UInt64 = 0
        var broken: UInt64 = 0
        var reserved: UInt64 = 0
    }

    /// What does not hold, in words.
    var violations: [String] {
        var found: [String] = []
        var sums = [Sum](repeating: Sum(), count: pages.zones.count)
        var heads = Heads(uses: Array(repeating: .tail, count: pages.store.records.count))
        checkFreeLists(&found, &heads)
        checkPerCPULists(&found, &heads)
        checkOwners(&found, &heads)
        checkContents(&found, &sums, &heads)
        checkZones(&found, sums)
        checkBlocks(&found)
        return found
    }

    /// Items met in lists, each of which a block has to have once.
    private struct Heads {
        /// By record.
        var uses: [PageUse]
        /// Records met.
        var count = 0
        var freeBlocks: Set<Int> = []
        var usedBlocks: Set<Int> = []

        /// Notes a record; false if it was met before.
        mutating func meet(_ index: Int, _ use: PageUse) -> Bool {
            guard uses[index] == .tail else { return false }
            uses[index] = use
            count += 1
            return true
        }

        /// Forgets a record met as something; false if it was not.
        mutating func find(_ index: Int, _ use: PageUse) -> Bool {
            guard uses[index] == use else { return false }
            uses[index] = .tail
            count -= 1
            return true
        }
    }

    private func walk(_ list: PageList, _ name: String, _ found: inout [String], _ visit: (Link) -> UInt64) {
        var (item, last, count, steps) = (list.head, Link.none, 0 as UInt64, 0)
        while item != .none {
            count += visit(item)
            steps += 1
            guard steps < 1 << 24 else { return found.append("\(name): runs in a circle") }
            last = item
            item = pages.store.follower(of: item)
        }
        if last != list.tail { found.append("\(name): its tail is not its last") }
        if count != list.count { found.append("\(name): counts \(list.count), has \(count)") }
    }

    private func checkFreeLists(_ found: inout [String], _ heads: inout Heads) {
        for zone in pages.zones.indices {
            for type in MigrateType.allCases {
                for order in 0...pages.layout.maxOrder {
                    let name = "zone \(zone) \(type) order \(order)"
                    let list = pages.lists[pages.list(zone, type, order)]
                    var wrong: [String] = []
                    walk(list, name, &found) { item in
                        if item.isBlock {
                            if order < pages.layout.maxOrder { wrong.append("\(name): a whole block") }
                            if pages.listType(ofWhole: item.number) != type { wrong.append("\(name): foreign block") }
                            heads.freeBlocks.insert(item.number)
                            return UInt64(pages.layout.chunksPerBlock)
                        }
                        let record = pages.store.records[item.number]
                        if record.use != .free || Int(record.order) != order || record.type != type
                            || item.number % (1 << order) != 0 || pages.store.zone(of: item.number) != zone
                        {
                            wrong.append("\(name): \(item.number) is \(record)")
                        }
                        // Two halves in one list would have merged, except where isolation or theft moved them there.
                        let buddy = pages.store.records[item.number ^ (1 << order)]
                        if order < pages.layout.pageblockOrder, buddy.use == .free, Int(buddy.order) == order,
                            buddy.type == type, pages.store.zone(of: item.number ^ (1 << order)) == zone
                        {
                            wrong.append("\(name): \(item.number) and its buddy are both free")
                        }
                        if !heads.meet(item.number, .free) { wrong.append("\(name): \(item.number) twice") }
                        return 1
                    }
                    found += wrong
                }
            }
        }
    }

    private func checkPerCPULists(_ found: inout [String], _ heads: inout Heads) {
        for (number, stock) in pages.perCPU.enumerated() {
            var (count, wrong) = (0, [String]())
            for (position, list) in stock.lists.enumerated() {
                let order = position % (PerCPULists.highestOrder + 1)
                walk(list, "stock \(number)", &found) { item in
                    let record = pages.store.records[item.number]
                    if record.use != .perCPU || Int(record.order) != order { wrong.append("stock: \(record)") }
                    if !heads.meet(item.number, .perCPU) { wrong.append("stock: \(item.number) twice") }
                    count += 1 << order
                    return 1
                }
            }
            if count != stock.count { wrong.append("stock \(number): counts \(stock.count), has \(count)") }
            found += wrong
        }
    }

    private func checkOwners(_ found: inout [String], _ heads: inout Heads) {
        for (number, owner) in pages.owners.enumerated() {
            var (frames, pinned, wrong) = (0 as UInt64, 0 as UInt64, [String]())
            walk(owner.pages, "owner \(number) \(owner.name)", &found) { item in
                if item.isBlock {
                    let content = pages.store.contents[item.number]
                    if content.form != .used || Int(content.owner) != number {
                        wrong.append("\(owner.name): \(content)")
                    }
                    heads.usedBlocks.insert(item.number)
                    frames += UInt64(pages.layout.pagesPerBlock)
                    if content.flags.contains(.pinned) { pinned += UInt64(pages.layout.pagesPerBlock) }
                    return UInt64(pages.layout.pagesPerBlock)
                }
                let record = pages.store.records[item.number]
                if record.use != .used || Int(record.owner) != number { wrong.append("\(owner.name): \(record)") }
                if !heads.meet(item.number, .used) { wrong.append("\(owner.name): \(item.number) twice") }
                frames += 1 << UInt64(record.order)
                if record.flags.contains(.pinned) { pinned += 1 << UInt64(record.order) }
                return 1
            }
            if frames != owner.frames || pinned != owner.pinned {
                wrong.append("\(owner.name): \(owner.frames) frames, \(owner.pinned) pinned; has \(frames), \(pinned)")
            }
            found += wrong
        }
    }

    private func checkContents(_ found: inout [String], _ sums: inout [Sum], _ heads: inout Heads) {
        let whole = UInt64(pages.layout.pagesPerBlock)
        for (number, content) in pages.store.contents.enumerated() {
            switch content.form {
            case .vacant: continue
            case .free:
                if heads.freeBlocks.remove(number) == nil { found.append("\(content.block): free, in no list") }
                add(whole, free: pages.listType(ofWhole: number), to: &sums[Int(content.zone)])
            case .used:
                if heads.usedBlocks.remove(number) == nil { found.append("\(content.block): used by nobody") }
                add(whole, of: Int(content.owner), content.flags, to: &sums[Int(content.zone)])
            case .reserved: sums[Int(content.zone)].reserved += whole
            case .paged: checkPages(of: number, &found, &sums, &heads)
            }
        }
        let left = heads.count
        if left + heads.freeBlocks.count + heads.usedBlocks.count > 0 { found.append("\(left) items of no block") }
    }

    private func checkPages(of number: Int, _ found: inout [String], _ sums: inout [Sum], _ heads: inout Heads) {
        let base = pages.store.base(of: number)
        let block = pages.store.contents[number].block
        var (index, free) = (base, 0)
        while index < base + pages.layout.pagesPerBlock {
            let record = pages.store.records[index]
            let zone = pages.store.zone(of: index)
            let size = 1 << Int(record.order)
            switch record.use {
            case .free:
                if !heads.find(index, .free) { found.append("\(block): \(index) free, in no list") }
                add(UInt64(size), free: record.type, to: &sums[zone])
                free += size
            case .perCPU:
                if !heads.find(index, .perCPU) { found.append("\(block): \(index) in no stock") }
                sums[zone].perCPU += UInt64(size)
            case .used:
                if !heads.find(index, .used) { found.append("\(block): \(index) used by nobody") }
                add(UInt64(size), of: Int(record.owner), record.flags, to: &sums[zone])
                if record.order > 0, pages.owners[Int(record.owner)].kind == .thp { sums[zone].huge += UInt64(size) }
            case .reserved: sums[zone].reserved += 1
            case .broken: sums[zone].broken += 1
            case .absent: break
            case .tail:
                found.append("\(block): \(index) belongs to nothing")
                return
            }
            switch record.use {
            case .free, .perCPU, .used:
                for tail in index + 1..<index + size where pages.store.records[tail].use != .tail {
                    found.append("\(block): \(tail) lies within \(index)")
                }
                index += size
            default: index += 1
            }
        }
        let slot = pages.store.slots[base / pages.layout.pagesPerBlock]
        if slot.free != free || slot.content != number { found.append("\(block): slot \(slot), has \(free) free") }
    }

    private func add(_ frames: UInt64, free type: MigrateType, to sum: inout Sum) {
        if type.countsAsFree { sum.free += frames } else { sum.setApart += frames }
    }

    private func add(_ frames: UInt64, of owner: Int, _ flags: PageFlags, to sum: inout Sum) {
        let kind = pages.owners[owner].kind.number
        sum.used[kind] += frames
        if flags.contains(.active) { sum.active[kind] += frames }
        if flags.contains(.dirty) { sum.dirty += frames }
    }

    private func checkZones(_ found: inout [String], _ sums: [Sum]) {
        for zone in machine.nodes.flatMap(\.zones) {
            let (sum, kept) = (sums[zone.number], pages.zones[zone.number])
            if sum.free != kept.free || sum.free != zone.free || sum.perCPU != kept.perCPU {
                found.append("zone \(zone.number): free \(kept.free), \(zone.free), of its pages \(sum.free)")
            }
            if sum.used != kept.used || sum.active != kept.active || sum.dirty != kept.dirty || sum.huge != kept.huge {
                found.append("zone \(zone.number): used \(kept.used), of its pages \(sum.used)")
            }
            let managed = sum.free + sum.setApart + sum.perCPU + sum.used.reduce(0, +) + sum.broken
            // Those of its own memory map are taken out of the zone before the rest of a block goes (spec 7.1).
            let leaving = machine.blocks.first {
                $0.state == .goingOffline && pages.store.contents[Int($0.content ?? 0)].zone == UInt16(zone.number)
            }
            let present = zone.present + UInt64(leaving?.ownMapPages ?? 0)
            if managed != zone.managed || managed + sum.reserved != present {
                found.append("zone \(zone.number): \(zone), of its pages \(sum)")
            }
            if kept.managed != zone.managed { found.append("zone \(zone.number): marks are not up to date") }
        }
        let populated = Set(machine.nodes.flatMap(\.zones).filter(\.isPopulated).map(\.number))
        for (node, list) in pages.zonelists.enumerated() where Set(list) != populated || list.count != populated.count {
            found.append("node \(node): zonelist \(list), populated \(populated.sorted())")
        }
    }

    private func checkBlocks(_ found: inout [String]) {
        var contents = 0
        for block in machine.blocks {
            guard let number = block.content.map(Int.init) else {
                if block.isOnline { found.append("\(block.id): online without pages") }
                continue
            }
            contents += 1
            let content = pages.store.contents[number]
            if content.block != block.id || !block.isOnline { found.append("\(block.id): has the pages of \(content)") }
            if let owner = block.memoryMapOwner, pages.owners[Int(owner)].frames != machine.memoryMapPages {
                found.append("\(block.id): its memory map has \(pages.owners[Int(owner)].frames) pages")
            }
        }
        let all = pages.store.contents.filter { $0.form != .vacant }.count
        if all != contents { found.append("\(all) contents for \(contents) online blocks") }
    }
}
