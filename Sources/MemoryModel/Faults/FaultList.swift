// SPDX-License-Identifier: Apache-2.0

/// A fault that was set, and what became of it so far.
public struct ActiveFault: Hashable, Sendable, Codable {
    /// Tells it from one of the same name that was there before.
    let id: UInt64
    /// What was set.
    public let fault: Fault
    /// How often it could have struck.
    public internal(set) var asked: UInt64 = 0
    /// How often it did.
    public internal(set) var hits: UInt64 = 0

    /// Whether it has struck as often as it was to.
    public var isSpent: Bool { fault.next.map { hits >= $0 } ?? false }

    /// Whether it strikes now.
    mutating func ask() -> Bool {
        guard !isSpent else { return false }
        defer { asked += 1 }
        guard fault.strikes(at: asked) else { return false }
        hits += 1
        return true
    }
}

/// A uevent that a fault keeps from being sent.
struct HeldUevent: Hashable, Sendable, Codable {
    let announcement: Announcement
    /// The fault; when that is cleared, it goes.
    let fault: UInt64
    /// When it goes, on the machine's clock, in milliseconds.
    let due: UInt64
    /// Whether it goes after the next one that is sent, if that is earlier.
    let waitsForNext: Bool
}

/// The faults of a machine, in the order they were set; none unless somebody sets one.
struct FaultList: Hashable, Sendable, Codable {
    /// So many there may be.
    static let most = 256
    /// So many uevents they hold back; others go as they are then.
    static let mostHeld = 65_536

    private(set) var active: [ActiveFault] = []
    /// Uevents that are held back, in the order they happened.
    var held: [HeldUevent] = []
    private var lastID: UInt64 = 0

    /// Whether there is a fault that was set under a number.
    func has(_ id: UInt64) -> Bool { active.contains { $0.id == id } }

    /// Whether uevents have to be looked at.
    var concernsUevents: Bool { !held.isEmpty || active.contains { $0.fault.kind.isOfUevents } }

    /// Adds a fault, in place of one of its name.
    ///
    /// - Throws: ENOSPC where there are too many.
    mutating func set(_ fault: Fault) throws(Refusal) {
        let place = active.firstIndex { $0.fault.name == fault.name }
        guard place != nil || active.count < Self.most else {
            throw Refusal(.noRoom, "more than \(Self.most) faults")
        }
        lastID += 1
        let new = ActiveFault(id: lastID, fault: fault)
        if let place { active[place] = new } else { active.append(new) }
    }

    /// Forgets a fault, or all.
    ///
    /// - Throws: ENOENT where there is none of the name.
    mutating func clear(_ name: String?) throws(Refusal) {
        guard let name else { return active = [] }
        guard active.contains(where: { $0.fault.name == name }) else {
            throw Refusal(.noEntry, "no fault named \(name)")
        }
        active.removeAll { $0.fault.name == name }
    }

    /// Asks those that are about something, in their order; the first to strike ends it.
    mutating func strike(where isConcerned: (Fault) -> Bool) -> ActiveFault? {
        for index in active.indices where isConcerned(active[index].fault) {
            if active[index].ask() { return active[index] }
        }
        return nil
    }
}
