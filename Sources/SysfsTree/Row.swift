// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What the rows of a table speak of: a block, a node, the whole machine.
protocol Subject: SendableMetatype {
    /// The object with a key, or nil if it is gone.
    static func find(_ key: Key, in machine: Machine) -> Self?
}

/// The subject of directories that are there once: nothing in particular.
struct Whole: Subject {
    static func find(_ key: Key, in machine: Machine) -> Whole? { Whole() }
}

typealias Show<S> = @Sendable (Machine, S) throws(Refusal) -> String
/// Whether who reads has to wait: the object's device lock is held.
typealias Locked<S> = @Sendable (Machine, S) -> Bool
typealias Store<S> = @Sendable (Machine, S, String) throws(Refusal) -> [Command]

/// How a file's modes and sizes work.
public enum FileStyle: Sendable {
    /// A sysfs attribute whose type has both operations: only the mode bits decide who opens it.
    case attribute
    /// A sysfs attribute whose type lacks the operation its mode lacks: chmod does not help (spec 1.2.3).
    case typed
    /// A file of procfs: size 0, any length, root may open it for anything.
    case proc
    /// A control of the simulator under debugfs: size 0, any length, one command a line.
    case control
    /// What happened so far; who has opened it for writing too follows, and waits for more. Programs that read whole
    /// trees are not to wait.
    case events
}

/// A member of a family of entries: `memory32` among the blocks.
struct Member {
    let name: String
    let key: Key
}

/// Entries that come and go: one row stands for all of them.
struct Family<S>: Sendable {
    /// The members, in order.
    let members: @Sendable (Machine, S) -> [Member]
    /// The member with a name.
    let find: @Sendable (Machine, S, String) -> Member?
    /// How many there are.
    let count: @Sendable (Machine, S) -> Int
    /// The name of the member with a key, where the key tells.
    let name: (@Sendable (Key) -> String)?
    /// The members one after the other, without a list of all, where there may be very many.
    let visit: (@Sendable (Machine, S, (Member) -> Void) -> Void)?

    init(
        members: @escaping @Sendable (Machine, S) -> [Member],
        find: (@Sendable (Machine, S, String) -> Member?)? = nil,
        count: (@Sendable (Machine, S) -> Int)? = nil, name: (@Sendable (Key) -> String)? = nil,
        visit: (@Sendable (Machine, S, (Member) -> Void) -> Void)? = nil
    ) {
        self.name = name
        self.visit = visit
        self.members = members
        self.find = find ?? { machine, subject, name in members(machine, subject).first { $0.name == name } }
        self.count = count ?? { members($0, $1).count }
    }
}

/// A row of a table: a file, a directory, a link, or a family of one of them.
struct Row<S: Subject>: Sendable {
    enum Content: Sendable {
        case file(mode: UInt16, style: FileStyle, show: Show<S>?, store: Store<S>?, isLocked: Locked<S>?)
        case directory(DirectoryKind, mode: UInt16)
        case link(target: @Sendable (Machine, Key) -> String)
        case directories(DirectoryKind, Family<S>)
        case links(Family<S>, target: @Sendable (Machine, Key) -> String)
    }
    let name: String
    let content: Content
    let exists: (@Sendable (Machine) -> Bool)?
    /// Whether an object has it, where not all of them have.
    var isThere: (@Sendable (Machine, S) -> Bool)?
    /// Whether its lines are live counters (``CounterText``).
    var counts = false
    /// Whether going on- and offline decides what it shows: what was captured of it before that does not come back.
    var followsState = false
    /// Whether its text stays while its object is there.
    var isFixed = false

    /// The same row, for some objects only.
    func only(for isThere: @escaping @Sendable (Machine, S) -> Bool) -> Row {
        var row = self
        row.isThere = isThere
        return row
    }

    /// The same row, of what going on- and offline decides.
    func ofState() -> Row {
        var row = self
        row.followsState = true
        return row
    }

    /// The same row, whose text stays while its object is there: nothing but that is to be said of it to who keeps it.
    func fixed() -> Row {
        var row = self
        row.isFixed = true
        return row
    }

    /// The same row, whose lines are live counters.
    func ofCounters() -> Row {
        var row = self
        row.counts = true
        return row
    }

    /// A file. Its mode follows from what it can do: 0444 to show, 0200 to store.
    static func file(
        _ name: String, mode: UInt16? = nil, style: FileStyle = .attribute,
        exists: (@Sendable (Machine) -> Bool)? = nil, show: Show<S>? = nil, store: Store<S>? = nil,
        isLocked: Locked<S>? = nil
    ) -> Row {
        let usual: UInt16 = (show == nil ? 0 : 0o444) | (store == nil ? 0 : 0o200)
        let content = Content.file(
            mode: mode ?? usual, style: style, show: show, store: store, isLocked: isLocked)
        return Row(name: name, content: content, exists: exists)
    }

    /// A directory that is always there, with its parent's key.
    static func directory(
        _ name: String, _ kind: DirectoryKind, mode: UInt16 = 0o755, exists: (@Sendable (Machine) -> Bool)? = nil
    ) -> Row {
        Row(name: name, content: .directory(kind, mode: mode), exists: exists)
    }

    /// A symbolic link.
    static func link(_ name: String, target: @escaping @Sendable (Machine, Key) -> String) -> Row {
        Row(name: name, content: .link(target: target), exists: nil)
    }

    /// A directory per member; `name` is for readers of the table only.
    static func directories(
        _ name: String, _ kind: DirectoryKind, exists: (@Sendable (Machine) -> Bool)? = nil, _ family: Family<S>
    ) -> Row {
        Row(name: name, content: .directories(kind, family), exists: exists)
    }

    /// A link per member; the target is made from the link's own key.
    static func links(
        _ name: String, _ family: Family<S>, target: @escaping @Sendable (Machine, Key) -> String
    ) -> Row {
        Row(name: name, content: .links(family, target: target), exists: nil)
    }
}
