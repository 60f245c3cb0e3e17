// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// A tree of files as it was read: of a live system, a directory, an archive or a simulated machine.
public enum FileTree: Sendable, Equatable {
    /// A file and its permission bits.
    case file(Content, mode: UInt16)
    /// A symbolic link to this.
    case link(String)
    /// A directory's members by name, and its permission bits.
    case directory([String: FileTree], mode: UInt16)

    /// What reading a file gave.
    public enum Content: Sendable, Hashable {
        /// These bytes.
        case bytes([UInt8])
        /// Nothing may be read.
        case writeOnly
        /// This errno.
        case unreadable(Errno)

        /// What a plain file that stands for it has in it: such files can be read, and then have nothing in them.
        public var plain: [UInt8] {
            guard case .bytes(let bytes) = self else { return [] }
            return bytes
        }
    }

    /// An empty directory.
    public static let empty = FileTree.directory([:], mode: 0o755)

    /// The members of a directory; none of anything else.
    public var members: [String: FileTree] {
        guard case .directory(let members, _) = self else { return [:] }
        return members
    }

    /// Whether it is a directory.
    public var isDirectory: Bool { if case .directory = self { true } else { false } }

    /// What is at a path below, links not followed.
    ///
    /// - Parameter path: names with slashes between them.
    public subscript(path: String) -> FileTree? {
        var tree = self
        for name in path.pathNames {
            guard let next = tree.members[name] else { return nil }
            tree = next
        }
        return tree
    }

    /// Puts something at a path below, making directories on the way.
    public mutating func put(_ tree: FileTree, at path: String) {
        put(tree, at: path.pathNames[...])
    }

    private mutating func put(_ tree: FileTree, at names: ArraySlice<String>) {
        guard let name = names.first else {
            self = tree
            return
        }
        guard case .directory(var members, let mode) = self else { return }
        // Taken out, so that it is not copied.
        self = .empty
        var member = members.removeValue(forKey: name) ?? .empty
        member.put(tree, at: names.dropFirst())
        members[name] = member
        self = .directory(members, mode: mode)
    }

    /// The text of a file below, without what follows its last line; nil for what is no file that could be read as UTF-8.
    public func text(_ path: String) -> String? {
        guard case .file(.bytes(let bytes), _)? = self[path], var text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        while text.last == "\n" { text.removeLast() }
        return text
    }

    /// How many files and links it has.
    public var fileCount: Int {
        guard case .directory(let members, _) = self else { return 1 }
        return members.values.reduce(0) { $0 + $1.fileCount }
    }
}

/// Why something cannot be captured or exported, in one line that names the file.
public struct CaptureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was wrong and what to do.
    public let description: String
    /// Whether what was asked for cannot be, or could not be done.
    public let isUsage: Bool

    /// Something that was given is not usable.
    public static func input(_ line: String) -> CaptureError { CaptureError(description: visible(line), isUsage: true) }
    /// The system refused something.
    public static func system(_ line: String) -> CaptureError {
        CaptureError(description: visible(line), isUsage: false)
    }

    /// The same about something that was called otherwise.
    public func renaming(_ name: String, to other: String) -> CaptureError {
        CaptureError(description: description.replacing(name, with: other), isUsage: isUsage)
    }

    /// A text in which nothing moves a terminal's cursor or breaks the line: names may have anything in them.
    static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
