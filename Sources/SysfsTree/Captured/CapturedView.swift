// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// A machine's tree with what was captured of a real one laid over it (``CapturedFiles``).
///
/// A captured file of which the tree has one, too, stays that file, with the captured text for as long as the
/// simulated one is as it was at boot. What the tree lacks has inodes of its own: the number of its record, and the
/// number of the object where the record speaks of many.
struct CapturedView: Sendable {
    private let records: [CapturedFiles.Record]
    private let index: CapturedIndex
    /// The machine as it booted, whose texts tell whether something has changed.
    let boot: Machine
    /// Blocks that went on- or offline since.
    var changed: Set<BlockID> = []

    init(_ files: CapturedFiles, atBoot machine: Machine) {
        records = files.records
        index = CapturedIndex(files.records)
        boot = machine
    }

    /// Takes note of what a command did.
    mutating func note(_ changes: [Change]) {
        for case .stateChanged(let block, _) in changes { changed.insert(block) }
    }

    private static var gone: Refusal { Refusal(.noEntry, "no such file") }

    // MARK: Names

    /// The names on the way from the root to a directory.
    private func names(of directory: Inode, in machine: Machine) -> [String] {
        guard directory.directory == .captured else { return Tree.names(of: directory, in: machine) }
        return record(of: directory)?.path.path(number: directory.key.object) ?? []
    }

    private func places(of directory: Inode, in machine: Machine) -> [CapturedIndex.Place] {
        var places = index.root
        for name in names(of: directory, in: machine) {
            guard !places.isEmpty else { return [] }
            places = index.step(places, name)
        }
        return places
    }

    private func record(of inode: Inode) -> CapturedFiles.Record? {
        records.indices.contains(Int(inode.key.sub)) ? records[Int(inode.key.sub)] : nil
    }

    private func inode(_ found: CapturedIndex.Found) -> Inode {
        let row: UInt8 = records[found.record].content == .directory ? 0 : 1
        let key = Key(object: found.number, sub: UInt16(truncatingIfNeeded: found.record))
        return Inode(directory: .captured, row: row, key: key)
    }

    /// The inode of a name of which a record speaks; nil for what is absent.
    ///
    /// - Parameter simulated: what the tree has under the name.
    private func inode(_ found: CapturedIndex.Found, over simulated: Inode?) -> Inode? {
        switch records[found.record].content {
        case .absent: return nil
        case .link: return inode(found)
        // What the tree has, too, by now, is the tree's, with what was captured over it.
        case .directory: return simulated?.row == 0 ? simulated : inode(found)
        case .bytes, .unreadable:
            guard let simulated, case .file = Tree.row(simulated)?.kind else { return inode(found) }
            return simulated
        }
    }

    // MARK: Directories

    func lookup(_ name: String, in parent: Inode, of machine: Machine) throws(Refusal) -> Inode {
        guard parent.row == 0 else { throw Refusal(.notDirectory, "not a directory") }
        guard exists(parent, in: machine) else { throw Self.gone }
        return try find(name, in: parent, of: machine)
    }

    /// The same in a directory that is there.
    private func find(_ name: String, in parent: Inode, of machine: Machine) throws(Refusal) -> Inode {
        guard let found = index.record(at: index.step(places(of: parent, in: machine), name)) else {
            guard parent.directory != .captured else { throw Self.gone }
            return try Tree.lookup(name, in: parent, of: machine)
        }
        let simulated = parent.directory == .captured ? nil : try? Tree.lookup(name, in: parent, of: machine)
        guard let inode = inode(found, over: simulated) else { throw Self.gone }
        return inode
    }

    func entries(of directory: Inode, in machine: Machine) throws(Refusal) -> [Tree.Entry] {
        guard exists(directory, in: machine) else { throw Self.gone }
        let simulated = directory.directory == .captured ? [] : try Tree.entries(of: directory, in: machine)
        let places = places(of: directory, in: machine)
        guard !places.isEmpty else { return simulated }
        var entries: [Tree.Entry] = []
        var seen: Set<String> = []
        for entry in simulated {
            guard let found = index.record(at: index.step(places, entry.name)) else {
                entries.append(entry)
                continue
            }
            seen.insert(entry.name)
            if let inode = inode(found, over: entry.inode) { entries.append(self.entry(entry.name, inode, machine)) }
        }
        for name in index.names(below: places) where !seen.contains(name) {
            guard let found = index.record(at: index.step(places, name)), let inode = inode(found, over: nil) else {
                continue
            }
            entries.append(entry(name, inode, machine))
        }
        return entries
    }

    private func entry(_ name: String, _ inode: Inode, _ machine: Machine) -> Tree.Entry {
        Tree.Entry(name: name, inode: inode, type: type(of: inode, in: machine))
    }

    private func type(of inode: Inode, in machine: Machine) -> UInt32 {
        guard inode.directory == .captured else {
            return Tree.attributes(of: inode, in: machine).mode & 0o170000
        }
        switch record(of: inode)?.content {
        case .directory: return Tree.directoryType
        case .link: return Tree.linkType
        case .bytes, .unreadable, .absent, nil: return Tree.fileType
        }
    }

    // MARK: Attributes

    func attributes(of inode: Inode, in machine: Machine) -> Tree.Attributes {
        guard inode.directory == .captured else {
            var attributes = Tree.attributes(of: inode, in: machine)
            if inode.row == 0 {
                attributes.links = UInt32(clamping: Int(attributes.links) + addedDirectories(to: inode, in: machine))
            } else if let mode = record(over: inode, in: machine)?.mode {
                attributes.mode = attributes.mode & ~0o7777 | UInt32(mode)
            }
            return attributes
        }
        let (type, mode) = (type(of: inode, in: machine), record(of: inode)?.mode.map { UInt32($0) })
        switch type {
        case Tree.linkType: return Tree.Attributes(mode: type | 0o777, size: 0, links: 1)
        case Tree.directoryType:
            let links = 2 + addedDirectories(to: inode, in: machine)
            return Tree.Attributes(mode: type | (mode ?? 0o755), size: 0, links: UInt32(links))
        default:
            let size: Int64 = style(of: inode) == .proc ? 0 : 4096
            return Tree.Attributes(mode: type | (mode ?? 0o444), size: size, links: 1)
        }
    }

    /// How many more sub-directories there are than the tree knows of.
    private func addedDirectories(to directory: Inode, in machine: Machine) -> Int {
        let places = places(of: directory, in: machine)
        var count = 0
        for name in index.names(below: places) {
            guard let found = index.record(at: index.step(places, name)) else { continue }
            let isDirectory = records[found.record].content == .directory
            let simulated = directory.directory == .captured ? nil : try? Tree.lookup(name, in: directory, of: machine)
            let was = simulated?.row == 0
            if isDirectory != was, isDirectory || records[found.record].content == .absent {
                count += isDirectory ? 1 : -1
            }
        }
        return count
    }

    /// Whether what an inode stands for is there: a captured file goes with the block that it was captured of.
    func exists(_ inode: Inode, in machine: Machine) -> Bool {
        guard inode.directory == .captured else { return Tree.exists(inode, in: machine) }
        guard let record = record(of: inode) else { return false }
        var directory = Inode.root
        for name in record.path.path(number: inode.key.object).dropLast() {
            guard directory.row == 0, let next = try? find(name, in: directory, of: machine) else { return false }
            directory = next
        }
        return true
    }

    func target(of inode: Inode, in machine: Machine) -> String? {
        guard inode.directory == .captured else { return Tree.target(of: inode, in: machine) }
        guard case .link(let target) = record(of: inode)?.content else { return nil }
        return target
    }

    func path(of inode: Inode, in machine: Machine) -> String {
        guard inode.directory == .captured else { return Tree.path(of: inode, in: machine) }
        return names(of: inode, in: machine).map { "/" + $0 }.joined()
    }

    /// What was captured of a file that the tree has, too.
    private func record(over file: Inode, in machine: Machine) -> CapturedFiles.Record? {
        guard case .file = Tree.row(file)?.kind, let name = Tree.row(file)?.name else { return nil }
        let directory = Inode(directory: file.directory, row: 0, key: file.key)
        return index.record(at: index.step(places(of: directory, in: machine), name)).map { records[$0.record] }
    }

    // MARK: Texts

    /// How a file works; nil for what is none.
    func style(of inode: Inode) -> FileStyle? {
        guard inode.directory == .captured else { return Tree.style(of: inode) }
        guard inode.row != 0, let record = record(of: inode) else { return nil }
        return record.path.components.first == .name("proc") ? .proc : .attribute
    }

    func text(of inode: Inode, in machine: Machine) throws(Refusal) -> [UInt8] {
        guard inode.directory != .captured else {
            return try bytes(record(of: inode)?.content ?? .absent)
        }
        guard let row = Tree.row(inode), let captured = record(over: inode, in: machine)?.content else {
            return try Tree.text(of: inode, in: machine)
        }
        let (before, now) = (Self.text(of: inode, in: boot), Self.text(of: inode, in: machine))
        let isOver = row.followsState && inode.directory == .block && changed.contains(BlockID(inode.key.object))
        if before == now, !isOver { return try bytes(captured) }
        guard row.counts, case .bytes(let bytes) = captured, case .success(let start) = before,
            case .success(let end) = now
        else { return try now.get() }
        let texts = [bytes, start, end].map { String(decoding: $0, as: UTF8.self) }
        return Array(CounterText.advance(texts[0], from: texts[1], to: texts[2]).utf8)
    }

    private static func text(of inode: Inode, in machine: Machine) -> Result<[UInt8], Refusal> {
        do throws(Refusal) { return .success(try Tree.text(of: inode, in: machine)) } catch { return .failure(error) }
    }

    private func bytes(_ content: CapturedFiles.Content) throws(Refusal) -> [UInt8] {
        switch content {
        case .bytes(let bytes): return bytes
        case .unreadable(let errno): throw Refusal(errno, "could not be read when it was captured")
        case .absent, .link, .directory: throw Self.gone
        }
    }
}
