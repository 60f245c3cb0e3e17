// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// What readers may keep of a tree, so that they need not ask again, and what of it is to be forgotten when the machine
/// changes.
///
/// Names, what directories list and attributes are kept; texts too, where that is wanted, and their lengths. Nothing is
/// noted for each memory block but a bit for each of its files whose text can change. Whatever is not known better is
/// forgotten with any change.
public struct Kept: Sendable {
    /// Something that is to be forgotten.
    public enum Item: Hashable, Sendable {
        /// What `stat` says of a file.
        case attributes(Inode)
        /// What a file says, and its length.
        case text(Inode)
        /// What a directory lists, and its links.
        case listing(Inode)
        /// What a name in a directory stands for.
        case name(String, in: Inode)
    }

    private let keepsTexts: Bool
    /// Directories, apart from those of blocks, and what names in them stand for that may go.
    private var directories: Set<Inode> = []
    private var names: [Inode: [String: Inode]] = [:]
    /// Files whose length or text is kept, and those whose text is.
    private var lengths = InodeSet()
    private var texts = InodeSet()
    /// What some of them said, to tell whether they say something else now: who keeps a text is not to be disturbed
    /// while he reads it, unless it has changed.
    private var digests: [Inode: Digest] = [:]
    private static let digested = 4096
    /// So many texts are made after a change to look for those that changed, apart from those of blocks.
    private static let compared = 64
    private var spans = ZoneSpans()

    /// Nothing is kept yet of a machine.
    ///
    /// - Parameter texts: whether texts are kept.
    public init(of machine: Machine, texts keepsTexts: Bool) {
        self.keepsTexts = keepsTexts
        _ = spans.changed(in: machine)
    }

    /// A number that most likely tells what a file says from what else it could say.
    public typealias Digest = Int

    // MARK: What readers get

    /// Somebody looked a name up.
    public mutating func note(
        name: String, in parent: Inode, is found: Inode, of machine: Machine, digest: (Inode) -> Digest
    ) {
        note(attributesOf: found, of: machine, digest: digest)
        guard !InodeSet.isOfBlock(parent.directory), parent.directory != .captured else { return }
        directories.insert(parent)
        // Names of blocks are known by the blocks that go.
        guard number(in: name, after: "memory") == nil, Tree.mayGo(name, in: parent, of: machine) else { return }
        names[parent, default: [:]][name] = found
    }

    /// Somebody asked for the attributes of something.
    public mutating func note(attributesOf inode: Inode, of machine: Machine, digest: (Inode) -> Digest) {
        guard inode.directory != .captured else { return }
        if inode.row == 0 {
            if !InodeSet.isOfBlock(inode.directory) { directories.insert(inode) }
        } else if keepsTexts, !Tree.isFixed(inode, in: machine) {
            lengths.insert(inode)
            // These take long to say what they say: a plan is made anew.
            guard !Tree.slow.contains(inode) else { return }
            if digests.count < Self.digested || digests[inode] != nil { digests[inode] = digest(inode) }
        }
    }

    /// Somebody read a directory.
    public mutating func note(listing inode: Inode) {
        guard !InodeSet.isOfBlock(inode.directory), inode.directory != .captured else { return }
        directories.insert(inode)
    }

    /// Somebody read a file.
    public mutating func note(textOf inode: Inode, of machine: Machine, digest: (Inode) -> Digest) {
        guard keepsTexts, inode.directory != .captured else { return }
        texts.insert(inode)
        note(attributesOf: inode, of: machine, digest: digest)
    }

    /// There may be somebody who keeps all that there is: another process gave it out.
    ///
    /// - Parameter entries: of a directory.
    public mutating func noteAll(of machine: Machine, entries: (Inode) -> [Tree.Entry]) {
        var waiting = [Inode.root]
        while let directory = waiting.popLast() {
            directories.insert(directory)
            for entry in entries(directory) where entry.inode.directory != .captured || entry.inode.row == 0 {
                let isDirectory = entry.inode.row == 0
                if isDirectory, !InodeSet.isOfBlock(entry.inode.directory), entry.inode.directory != .captured {
                    waiting.append(entry.inode)
                }
                if number(in: entry.name, after: "memory") == nil, Tree.mayGo(entry.name, in: directory, of: machine) {
                    names[directory, default: [:]][entry.name] = entry.inode
                }
                if keepsTexts, !isDirectory, Tree.style(of: entry.inode) != nil { noteText(of: entry.inode) }
            }
        }
        guard keepsTexts else { return }
        for block in machine.blocks { noteTexts(of: block.key, in: .block, machine) }
        for storage in machine.storage {
            noteTexts(of: Key(object: storage.id.rawValue), in: .storageBlock, machine)
        }
    }

    private mutating func noteTexts(of key: Key, in kind: DirectoryKind, _ machine: Machine) {
        for row in Tree.files(in: kind) {
            let file = Inode(directory: kind, row: row, key: key)
            if !Tree.isFixed(file, in: machine) { noteText(of: file) }
        }
    }

    private mutating func noteText(of inode: Inode) {
        lengths.insert(inode)
        texts.insert(inode)
    }

    /// Whether the attributes of something that is looked up may change while the answer is on its way to somebody of
    /// whom it is not known yet that he keeps them: he has to ask once more.
    public func mayChange(_ inode: Inode, of machine: Machine) -> Bool {
        guard inode.directory != .captured else { return false }
        if inode.row == 0 { return !InodeSet.isOfBlock(inode.directory) }
        return keepsTexts && !Tree.isFixed(inode, in: machine)
    }

    // MARK: What changes

    /// A file is being written: what its writer keeps of it, if anything. Of a file that nobody has read that is what
    /// was written only where it fills a page.
    public mutating func forget(written inode: Inode, count: Int) -> [Item] {
        guard keepsTexts else { return [] }
        lengths.remove(inode)
        digests[inode] = nil
        return [texts.remove(inode) || count >= 4096 ? .text(inode) : .attributes(inode)]
    }

    /// Something was added to the events.
    public mutating func forgetEvents() -> [Item] {
        guard keepsTexts, let inode = Tree.events, lengths.remove(inode) else { return [] }
        return [texts.remove(inode) ? .text(inode) : .attributes(inode)]
    }

    /// A file was truncated to nothing, and whoever kept its text has forgotten it.
    public mutating func note(truncated inode: Inode) { texts.remove(inode) }

    /// What a name in a directory stands for now; nil for nothing.
    public typealias Lookup = (String, Inode) -> Inode?

    /// What is to be forgotten after a command. A name that stands for what it stood for is not: something may be
    /// mounted there.
    ///
    /// - Parameter digest: of what a file says now.
    public mutating func forget(
        after changes: [Change], of machine: Machine, lookup: Lookup, digest: (Inode) -> Digest
    ) -> [Item] {
        var items: [Item] = []
        var isStructural = false
        for change in changes {
            switch change {
            case .blockAdded(let block): blockCame(block, machine, lookup, &items)
            case .blockRemoved(let block): blockWent(block, machine, lookup, &items)
            case .nodeAdded(let node), .nodeRemoved(let node):
                isStructural = true
                linksChanged(to: node, machine, &items)
            case .containerAdded, .containerRemoved, .containerOnline, .containerOffline, .cpuAdded, .cpuRemoved,
                .cpuOnline, .cpuOffline:
                isStructural = true
            case .deviceChanged(let slot):
                isStructural = true
                blocksChanged(of: slot, machine, &items)
            default: break
            }
        }
        if isStructural { forgetDirectories(lookup, &items) }
        if keepsTexts { forgetTexts(after: changes, machine, digest, &items) }
        return items
    }

    /// All directories and names that can come and go: what seldom changes.
    private mutating func forgetDirectories(_ lookup: Lookup, _ items: inout [Item]) {
        for directory in names.keys { forgetNames(in: directory, lookup, &items) }
        items += directories.map { .listing($0) }
        directories = []
    }

    private mutating func forgetNames(in directory: Inode, _ lookup: Lookup, _ items: inout [Item]) {
        for (name, was) in names[directory] ?? [:] where lookup(name, directory) != was {
            names[directory]?[name] = nil
            items.append(.name(name, in: directory))
        }
        if names[directory]?.isEmpty == true { names[directory] = nil }
    }

    /// The directories that list a block, wherever it is.
    private func homes(_ machine: Machine) -> [Inode] {
        [Tree.memory, Tree.memoryDevices] + machine.onlineNodes.map { Inode(directory: .node, row: 0, key: $0.key) }
    }

    private mutating func blockCame(
        _ block: BlockID, _ machine: Machine, _ lookup: Lookup, _ items: inout [Item]
    ) {
        // What was captured may have been there under the name.
        if machine.description.captured != nil { items.append(.name(block.description, in: Tree.memory)) }
        items += homes(machine).map { .listing($0) }
        forgetBlockLists(lookup, &items)
    }

    private mutating func blockWent(
        _ block: BlockID, _ machine: Machine, _ lookup: Lookup, _ items: inout [Item]
    ) {
        for home in homes(machine) { items += [.name(block.description, in: home), .listing(home)] }
        // Who is in it is to find nothing there, and who reads it to hear that it is gone.
        let key = Key(object: block.rawValue, sub: machine.incarnation(ofRemoved: block))
        for kind in [DirectoryKind.block, .blockPower] {
            items.append(.listing(Inode(directory: kind, row: 0, key: key)))
            guard keepsTexts else { continue }
            for row in Tree.files(in: kind) {
                let file = Inode(directory: kind, row: row, key: key)
                digests[file] = nil
                items.append(.text(file))
            }
        }
        forgetBlockLists(lookup, &items)
    }

    /// Small directories that follow the blocks: firmware's memory map, what devices are bound to.
    private mutating func forgetBlockLists(_ lookup: Lookup, _ items: inout [Item]) {
        for directory in directories where [.memmap, .device].contains(directory.directory) {
            forgetNames(in: directory, lookup, &items)
            items.append(.listing(directory))
            directories.remove(directory)
        }
    }

    /// Blocks show links to the nodes that are there.
    private func linksChanged(to node: NodeID, _ machine: Machine, _ items: inout [Item]) {
        for block in machine.blocks where block.links(to: node) {
            let directory = Inode(directory: .block, row: 0, key: block.key)
            items += [.name(node.description, in: directory), .listing(directory)]
        }
    }

    /// Blocks that were there before their device was show a link to it now.
    private func blocksChanged(of slot: Int, _ machine: Machine, _ items: inout [Item]) {
        for block in machine.devices[slot].module?.blocks ?? [] {
            guard let key = machine.blocks[block]?.key else { continue }
            let directory = Inode(directory: .block, row: 0, key: key)
            items += [.name("firmware_node", in: directory), .listing(directory)]
        }
    }

    // MARK: Texts

    private mutating func forgetTexts(
        after changes: [Change], _ machine: Machine, _ digest: (Inode) -> Digest, _ items: inout [Item]
    ) {
        let others = lengths.takeOthers()
        for inode in others {
            if others.count > Self.compared { digests[inode] = nil }
            forgetText(inode, digest, &items)
        }
        var mayMoveZones = false
        for change in changes {
            switch change {
            case .stateChanged(let block, _), .blockOnline(let block), .blockOffline(let block), .blockAdded(let block),
                .blockRemoved(let block), .pagesStay(let block, _), .pagesMoved(let block, _, _, _):
                forgetTexts(of: block, machine, digest, &items)
            case .zoneChanged: mayMoveZones = true
            case .settingChanged: forgetRow("valid_zones", in: 0..<Int.max, machine, digest, &items)
            default: break
            }
        }
        if machine.rules.scansForRemovable { forgetRow("removable", in: 0..<Int.max, machine, digest, &items) }
        guard mayMoveZones else { return }
        let moved = spans.changed(in: machine)
        if machine.policy.kind == .autoMovable {
            forgetRow("valid_zones", in: 0..<Int.max, machine, digest, &items)
        } else {
            for range in moved { forgetRow("valid_zones", in: range, machine, digest, &items) }
        }
    }

    private mutating func forgetTexts(
        of block: BlockID, _ machine: Machine, _ digest: (Inode) -> Digest, _ items: inout [Item]
    ) {
        for kind in [DirectoryKind.block, .storageBlock] {
            let key = kind == .block ? machine.blocks[block]?.key : Key(object: block.rawValue)
            for row in lengths.takeRows(of: block.rawValue, in: kind) {
                guard let key else { continue }
                forgetText(Inode(directory: kind, row: row, key: key), digest, &items)
            }
        }
    }

    private mutating func forgetRow(
        _ name: String, in blocks: Range<Int>, _ machine: Machine, _ digest: (Inode) -> Digest, _ items: inout [Item]
    ) {
        guard let row = Tree.rowNumber(of: name, in: .block) else { return }
        for block in lengths.take(InodeSet.RowID(directory: .block, row: row), in: blocks) {
            guard let key = machine.blocks[BlockID(block)]?.key else { continue }
            forgetText(Inode(directory: .block, row: row, key: key), digest, &items)
        }
    }

    private mutating func forgetText(_ inode: Inode, _ digest: (Inode) -> Digest, _ items: inout [Item]) {
        if let before = digests[inode], digest(inode) == before {
            lengths.insert(inode)
            return
        }
        digests[inode] = nil
        items.append(texts.remove(inode) ? .text(inode) : .attributes(inode))
    }
}
