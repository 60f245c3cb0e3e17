// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// Something that comes from outside and may change what the tree shows.
///
/// What a machine was booted from and these, in order, are all there is to a tree: whoever keeps them can have it again.
/// Files are named by their path, links not followed.
public enum Input: Hashable, Sendable {
    /// A write of a file, refused ones included: some refusals leave a mark, and all are events.
    case write(file: String, text: String)
    /// chmod and chown.
    case change(file: String, permissions: UInt32?, user: UInt32?, group: UInt32?)
    /// Time passed, while something waited for it.
    case tick(milliseconds: UInt64)
    /// A signal came to who made a write that waits, by the write's number: so many writes had come by then.
    case interrupt(write: UInt64)
    /// The server wrote a line down among the events.
    case note(String)
    /// A listener lost uevents.
    case lost(listener: UInt32, uevents: UInt64)
    /// The machine's file was read again: its text, what errors call it, and further kernel parameters.
    case reload(text: String, name: String, commandLine: String)
}

extension TreeSession {
    /// What came of an input that is replayed.
    public enum Replayed: Sendable, Equatable {
        /// A write: as it was answered, or will be.
        case write(Result<WriteResult, Refusal>)
        /// Nothing that anybody waits for.
        case done
        /// It is not the session's to do.
        case notOurs
        /// Its file is not there: it was recorded of another machine, or by a program that had it.
        case noFile
    }

    /// Takes an input again, which is not recorded a second time.
    public func replay(_ input: Input) -> Replayed {
        let recorder = record
        record = nil
        defer { record = recorder }
        switch input {
        case .write(let file, let text):
            guard let inode = inode(at: file) else { return .noFile }
            return .write(result(of: inode, Array(text.utf8)))
        case .change(let file, let permissions, let user, let group):
            guard let inode = inode(at: file) else { return .noFile }
            _ = try? change(inode, permissions: permissions, user: user, group: group, size: nil)
        case .tick(let milliseconds): try? tick(milliseconds: milliseconds)
        case .interrupt(let write): try? interrupt(PendingWrite(number: write))
        case .note(let text): try? note(text)
        case .lost, .reload: return .notOurs
        }
        return .done
    }

    private func result(of inode: Inode, _ bytes: [UInt8]) -> Result<WriteResult, Refusal> {
        bytes.withUnsafeBytes { bytes in
            Result { () throws(Refusal) in try write(inode, bytes) }
        }
    }

    /// What a path names, links not followed; nil for nothing.
    public func inode(at path: String) -> Inode? {
        var inode = Inode.root
        for name in path.pathNames {
            guard let next = try? lookup(name, in: inode) else { return nil }
            inode = next
        }
        return inode
    }
}
