// SPDX-License-Identifier: Apache-2.0

public import FuseBridge
import Glibc
import MemoryModel
public import SysfsTree

/// The tree of a machine as a FUSE file system.
///
/// Nothing is cached in the kernel: every answer is asked for, so every answer is true. The session's thread is the
/// only one that touches the machine; that is the whole locking.
public final class TreeFileSystem: FuseFileSystem {
    private let session: TreeSession
    private let owner: (user: UInt32, group: UInt32)
    private let bootTime: Int64

    /// Serves a session's tree.
    ///
    /// - Parameters:
    ///   - owner: whose the files are, as the mount's user namespace counts.
    ///   - bootTime: the files' times, in seconds of the epoch.
    public init(session: TreeSession, owner: (user: UInt32, group: UInt32), bootTime: Int64) {
        self.session = session
        self.owner = owner
        self.bootTime = bootTime
    }

    /// The entry of a name; nothing about it is to be remembered.
    public func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        let parent = try inode(parent)
        let found = try answer { () throws(Refusal) in try session.lookup(name, in: parent) }
        return Entry(attributes: attributes(found))
    }

    /// What `stat` says.
    public func attributes(of number: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        attributes(try inode(number))
    }

    /// chmod, chown, and truncation, which does nothing.
    public func setAttributes(
        of number: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        let inode = try inode(number)
        _ = try answer { () throws(Refusal) in
            try session.change(
                inode, permissions: changes.mode, user: changes.uid, group: changes.gid, size: changes.size)
        }
        return attributes(inode)
    }

    /// Where a link points.
    public func readLink(inode number: UInt64) throws(FuseError) -> String {
        let inode = try inode(number)
        return try answer { () throws(Refusal) in try session.target(of: inode) }
    }

    /// Opens for direct reading and writing: every read(2) and write(2) comes here.
    public func open(inode number: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
        let inode = try inode(number)
        let access = flags & O_ACCMODE
        let handle = try answer { () throws(Refusal) in
            try session.open(inode, reading: access != O_WRONLY, writing: access != O_RDONLY)
        }
        return OpenReply(handle: handle, directIO: true)
    }

    /// The text, made when it is first read.
    public func read(
        inode: UInt64, handle: UInt64, offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        .done(try answer { () throws(Refusal) in try session.read(handle, at: Int(offset), into: buffer) })
    }

    /// One write, one store.
    public func write(
        inode number: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        let inode = try inode(number)
        return .done(try answer { () throws(Refusal) in try session.write(inode, bytes) })
    }

    /// What poll(2) says.
    public func poll(inode: UInt64, handle: UInt64) throws(FuseError) -> UInt32 { session.poll(handle) }

    /// Closes a file.
    public func release(inode: UInt64, handle: UInt64) { session.close(handle) }

    /// Opens a directory.
    public func openDirectory(inode number: UInt64) throws(FuseError) -> OpenReply {
        let inode = try inode(number)
        return OpenReply(handle: try answer { () throws(Refusal) in try session.openDirectory(inode) })
    }

    /// Entries with their types, so that readers need no stat.
    public func readDirectory(
        inode number: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {
        let inode = try inode(number)
        let entries = try answer { () throws(Refusal) in
            try session.list(inode, handle, fromStart: offset == 0)
        }
        // Offsets 1 and 2 are `.` and `..`; an entry's offset says where to go on after it.
        var next = offset
        while next < 2 {
            next += 1
            let name = next == 1 ? "." : ".."
            if buffer.add(name: name, inode: number, mode: UInt32(S_IFDIR), nextOffset: next) { return }
        }
        for entry in entries.dropFirst(Int(clamping: next - 2)) {
            next += 1
            if buffer.add(name: entry.name, inode: entry.inode.number, mode: entry.type, nextOffset: next) { return }
        }
    }

    /// Closes a directory.
    public func releaseDirectory(inode: UInt64, handle: UInt64) { session.closeDirectory(handle) }

    private func inode(_ number: UInt64) throws(FuseError) -> Inode {
        guard let inode = Inode(number) else { throw FuseError(ESTALE) }
        return inode
    }

    private func attributes(_ inode: Inode) -> FileAttributes {
        let status = session.status(of: inode)
        return FileAttributes(
            inode: inode.number, mode: status.attributes.mode, size: status.attributes.size,
            links: status.attributes.links, uid: status.user ?? owner.user, gid: status.group ?? owner.group,
            time: bootTime)
    }

    /// The one place where a refusal becomes an errno.
    private func answer<T>(_ body: () throws(Refusal) -> T) throws(FuseError) -> T {
        do throws(Refusal) { return try body() } catch { throw FuseError(error.errno.rawValue) }
    }
}
