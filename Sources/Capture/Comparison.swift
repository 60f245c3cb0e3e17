// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// What a captured tree has otherwise than a simulated one: the records of a capture.
struct Comparison {
    /// A file that differs.
    struct Difference: Equatable {
        var path: [String]
        var content: CapturedFiles.Content
        var mode: UInt16?
    }

    /// In the order of the paths.
    private(set) var differences: [Difference] = []
    /// Whether the captured files are the kernel's own, with permissions and errors that mean something.
    private let isLive: Bool

    /// Compares what is at some paths.
    init(captured: FileTree, simulated: FileTree, areas: [String], isLive: Bool) {
        self.isLive = isLive
        for area in areas {
            compare(captured[area], simulated[area], at: area.pathNames)
        }
    }

    private mutating func compare(_ captured: FileTree?, _ simulated: FileTree?, at path: [String]) {
        switch (captured, simulated) {
        case (nil, nil): break
        case (nil, .some): differences.append(Difference(path: path, content: .absent))
        case (.directory(let members, _)?, .directory(let others, _)?):
            compare(members, others, at: path)
        case (.file(let content, let mode)?, .file(let other, let otherMode)?):
            let isSame =
                isLive ? content == other && mode == otherMode : content.plain == other.plain
            if !isSame { add(content, mode: isLive && mode != otherMode ? mode : nil, at: path) }
        case (.link(let target)?, .link(let other)?):
            if target != other { differences.append(Difference(path: path, content: .link(target))) }
        case (.some(let captured), _): add(captured, at: path)
        }
    }

    private mutating func compare(_ members: [String: FileTree], _ others: [String: FileTree], at path: [String]) {
        for name in Set(members.keys).union(others.keys).sorted() {
            compare(members[name], others[name], at: path + [name])
        }
    }

    /// What the simulated tree does not have at all.
    private mutating func add(_ tree: FileTree, at path: [String]) {
        switch tree {
        case .link(let target): differences.append(Difference(path: path, content: .link(target)))
        case .file(let content, let mode): add(content, mode: mode == 0o444 ? nil : mode, at: path)
        case .directory(let members, let mode):
            differences.append(Difference(path: path, content: .directory, mode: mode == 0o755 ? nil : mode))
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { add(member, at: path + [name]) }
        }
    }

    private mutating func add(_ content: FileTree.Content, mode: UInt16?, at path: [String]) {
        let content: CapturedFiles.Content =
            switch content {
            case .bytes(let bytes): .bytes(bytes)
            case .writeOnly: .bytes([])
            case .unreadable(let errno): .unreadable(errno)
            }
        differences.append(Difference(path: path, content: content, mode: mode))
    }
}
