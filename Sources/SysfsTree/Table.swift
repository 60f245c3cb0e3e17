// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// A directory kind's rows with the subject's type erased: what the tree walks.
public struct Table: Sendable {
    /// What a row is.
    enum Kind: Sendable {
        case file(mode: UInt16, style: FileStyle)
        case directory(DirectoryKind, mode: UInt16)
        case link
        case directories(DirectoryKind)
        case links

        var isFamily: Bool {
            switch self {
            case .directories, .links: true
            case .file, .directory, .link: false
            }
        }
    }

    struct ErasedRow: Sendable {
        let name: String
        let kind: Kind
        let exists: (@Sendable (Machine, Key) -> Bool)?
        /// Whether a machine has it at all; nil for what every machine has.
        let isOn: (@Sendable (Machine) -> Bool)?
        let show: (@Sendable (Machine, Key) throws(Refusal) -> String)?
        let store: (@Sendable (Machine, Key, String) throws(Refusal) -> [Command])?
        let isLocked: (@Sendable (Machine, Key) -> Bool)?
        let target: (@Sendable (Machine, Key) -> String)?
        let family: ErasedFamily?
        let counts: Bool
        let followsState: Bool
        let isFixed: Bool
    }

    struct ErasedFamily: Sendable {
        let members: @Sendable (Machine, Key) -> [Member]
        let find: @Sendable (Machine, Key, String) -> Member?
        let count: @Sendable (Machine, Key) -> Int
        let name: (@Sendable (Key) -> String)?
        /// Where there may be very many: the members one after the other.
        let visit: (@Sendable (Machine, Key, (Member) -> Void) -> Void)?

        init<S: Subject>(_ family: Family<S>) {
            name = family.name
            if let each = family.visit {
                visit = { machine, key, take in
                    if let subject = S.find(key, in: machine) { each(machine, subject, take) }
                }
            } else {
                visit = nil
            }
            members = { machine, key in S.find(key, in: machine).map { family.members(machine, $0) } ?? [] }
            find = { machine, key, name in S.find(key, in: machine).flatMap { family.find(machine, $0, name) } }
            count = { machine, key in S.find(key, in: machine).map { family.count(machine, $0) } ?? 0 }
        }
    }

    let rows: [ErasedRow]
    /// Whether the directory with a key is there.
    let exists: @Sendable (Machine, Key) -> Bool
    /// Names of rows that are not families, to their positions.
    let positions: [String: Int]

    init<S: Subject>(_ rows: [Row<S>]) {
        self.rows = rows.map(Self.erase)
        exists = { S.find($1, in: $0) != nil }
        positions = Dictionary(
            self.rows.enumerated().filter { !$0.element.kind.isFamily }.map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in preconditionFailure("row \(first) has a namesake") })
    }

    private static func erase<S: Subject>(_ row: Row<S>) -> ErasedRow {
        var show: (@Sendable (Machine, Key) throws(Refusal) -> String)?
        var store: (@Sendable (Machine, Key, String) throws(Refusal) -> [Command])?
        var isLocked: (@Sendable (Machine, Key) -> Bool)?
        var target: (@Sendable (Machine, Key) -> String)?
        var family: Family<S>?
        let kind: Kind
        switch row.content {
        case .file(let mode, let style, let rowShow, let rowStore, let rowLocked):
            kind = .file(mode: mode, style: style)
            if let rowShow {
                show = { (machine, key) throws(Refusal) in try rowShow(machine, Self.live(key, machine)) }
            }
            if let rowStore {
                store = { (machine, key, text) throws(Refusal) in try rowStore(machine, Self.live(key, machine), text) }
            }
            if let rowLocked {
                isLocked = { machine, key in S.find(key, in: machine).map { rowLocked(machine, $0) } ?? false }
            }
        case .directory(let child, let mode): kind = .directory(child, mode: mode)
        case .link(let to): (kind, target) = (.link, to)
        case .directories(let child, let members): (kind, family) = (.directories(child), members)
        case .links(let members, let to): (kind, family, target) = (.links, members, to)
        }
        return ErasedRow(
            name: row.name, kind: kind, exists: existence(of: row), isOn: row.exists, show: show, store: store,
            isLocked: isLocked, target: target, family: family.map(ErasedFamily.init), counts: row.counts,
            followsState: row.followsState, isFixed: row.isFixed)
    }

    private static func existence<S: Subject>(of row: Row<S>) -> (@Sendable (Machine, Key) -> Bool)? {
        guard row.exists != nil || row.isThere != nil else { return nil }
        return { machine, key in
            if let exists = row.exists, !exists(machine) { return false }
            guard let isThere = row.isThere else { return true }
            return S.find(key, in: machine).map { isThere(machine, $0) } ?? false
        }
    }

    /// The object with a key. A file that was open when its object went answers ENODEV (spec 1.3).
    private static func live<S: Subject>(_ key: Key, _ machine: Machine) throws(Refusal) -> S {
        guard let subject = S.find(key, in: machine) else { throw Refusal(.noDevice, "the object was removed") }
        return subject
    }
}
