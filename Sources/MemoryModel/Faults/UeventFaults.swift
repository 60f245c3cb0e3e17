// SPDX-License-Identifier: Apache-2.0

/// Faults on demand: where they strike what user space is told.
extension Machine {
    /// Decides what is sent of what a command changed, and when: each uevent is asked for once.
    ///
    /// What is held back is the machine's, as its clock is: it goes with the tick at whose time it is due. So it is in
    /// every copy, and comes again when the same commands are given again.
    ///
    /// - Returns: the changes, with what faults did, and late and doubled uevents in their places; and which of them are
    ///   not announced.
    mutating func announce(_ changes: [Change]) -> (changes: [Change], withheld: Set<Int>) {
        guard faults.concernsUevents else { return (changes, []) }
        var (told, withheld): ([Change], Set<Int>) = ([], [])
        told.reserveCapacity(changes.count + faults.held.count)
        let (now, set) = (clock, Set(faults.active.map(\.id)))
        release(&told) { $0.due <= now || !set.contains($0.fault) }
        for change in changes {
            guard let announcement = change.announcement else {
                told.append(change)
                continue
            }
            // What somebody waits for goes as it is: two that are out of order are enough.
            let isAwaited = faults.held.contains(where: \.waitsForNext)
            let isFull = faults.held.count >= FaultList.mostHeld
            let struck = faults.strike { fault in
                switch fault.kind {
                case .reorder where isAwaited || isFull, .delay where isFull: false
                default: fault.concerns(announcement)
                }
            }
            guard let struck else {
                told.append(change)
                release(&told, where: \.waitsForNext)
                continue
            }
            let fault = struck.fault
            told.append(.faulted(FaultHit(fault: fault, subject: .uevent(announcement))))
            switch fault.kind {
            case .lose:
                withheld.insert(told.count)
                told.append(change)
            case .delay, .reorder:
                withheld.insert(told.count)
                told.append(change)
                faults.held.append(
                    HeldUevent(
                        announcement: announcement, fault: struck.id, due: clock + fault.milliseconds,
                        waitsForNext: fault.kind == .reorder))
            case .double:
                told += [change, .announced(announcement, times: 1)]
                release(&told, where: \.waitsForNext)
            case .flood:
                if let other = Announcement(.change, of: .bus(.memory)) {
                    told.append(.announced(other, times: fault.uevents ?? 1))
                }
                told.append(change)
                release(&told, where: \.waitsForNext)
            case .offline, .online, .memmap, .stuck, .slow: told.append(change)
            }
        }
        return (told, withheld)
    }

    /// Sends what was held back, the earliest first.
    private mutating func release(_ told: inout [Change], where isFree: (HeldUevent) -> Bool) {
        guard !faults.held.isEmpty else { return }
        let free = faults.held.enumerated().filter { isFree($0.element) }
        guard !free.isEmpty else { return }
        faults.held.removeAll(where: isFree)
        told += free.sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }
            .map { .announced($0.element.announcement, times: 1) }
    }
}

extension Fault {
    /// Whether it is about a uevent.
    fileprivate func concerns(_ announcement: Announcement) -> Bool {
        guard kind.isOfUevents, action ?? announcement.action == announcement.action else { return false }
        if let subsystem, subsystem != announcement.object.subsystem { return false }
        guard let blocks else { return true }
        guard case .block(let id) = announcement.object else { return false }
        return blocks.contains(id)
    }
}
