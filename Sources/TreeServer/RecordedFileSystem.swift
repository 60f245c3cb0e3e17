// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import MemoryModel
import SysfsTree
import Transcripts

/// A tree of which is written down what is asked, and what it answers.
///
/// The kernel keeps names and attributes of what is there, as always, and is told when they change; it asks for texts,
/// listings and names of what is not there each time. That somebody asked for attributes is not written down: the kernel
/// asks for them on its own account, too, whenever a path is walked. What is read, written and listed ``TreeFileSystem`` itself tells the recorder,
/// which knows what came of it.
final class RecordedFileSystem: FuseFileSystem {
    private let files: TreeFileSystem
    private let recorder: TranscriptRecorder
    /// Whose request is being answered.
    var requester: () -> Int32 = { 0 }
    private var lastDirectory: UInt64 = 0
    /// Where links are, by their number, which does not say it.
    private var links: [UInt64: String] = [:]

    /// The world's init, which makes the world before the command starts, as its own pid namespace counts.
    private static let worldInit: Int32 = 1

    init(_ files: TreeFileSystem, _ recorder: TranscriptRecorder) { (self.files, self.recorder) = (files, recorder) }

    /// Begins with the first request of the command, or of what is started for it.
    private func hear() {
        if !recorder.isBegun, requester() > Self.worldInit { recorder.begin() }
    }

    private func noteLink(_ entry: Entry, _ name: String, in parent: UInt64) {
        guard entry.attributes.mode & UInt32(S_IFMT) == UInt32(S_IFLNK) else { return }
        links[entry.attributes.inode] = path(of: name, in: parent)
    }

    private func path(of name: String, in parent: UInt64) -> String {
        let directory = path(parent)
        return directory == "/" ? "/" + name : "\(directory)/\(name)"
    }

    private func path(_ number: UInt64) -> String { Inode(number).map { files.session.path(of: $0) } ?? "/" }

    private func errno(_ error: FuseError) -> Errno { Errno(rawValue: error.errno) }

    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        hear()
        do throws(FuseError) {
            let entry = try files.lookup(parent: parent, name: name)
            noteLink(entry, name, in: parent)
            return entry
        } catch {
            recorder.nothing(at: path(of: name, in: parent), errno(error))
            throw error
        }
    }

    func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        hear()
        return try files.attributes(of: inode, handle: handle)
    }

    func setAttributes(
        of inode: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        hear()
        var failure: FuseError?
        defer {
            if changes.mode != nil || changes.uid != nil || changes.gid != nil {
                recorder.changed(
                    path(inode), permissions: changes.mode.map { $0 & 0o7777 }, user: changes.uid, group: changes.gid,
                    failure.map(errno))
            }
        }
        do throws(FuseError) {
            return try files.setAttributes(of: inode, changes: changes, handle: handle)
        } catch {
            failure = error
            throw error
        }
    }

    func readLink(inode: UInt64) throws(FuseError) -> String {
        hear()
        let target = try files.readLink(inode: inode)
        recorder.link(links[inode] ?? path(inode), is: target)
        return target
    }

    func open(inode: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
        hear()
        do throws(FuseError) {
            return try files.open(inode: inode, flags: flags)
        } catch {
            let access = flags & O_ACCMODE
            recorder.openFailed(
                path(inode), reading: access != O_WRONLY, writing: access != O_RDONLY, errno(error))
            throw error
        }
    }

    func read(
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        hear()
        return try files.read(inode: inode, handle: handle, offset: offset, flags: flags, into: buffer)
    }

    func write(
        inode: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        hear()
        return try files.write(inode: inode, handle: handle, offset: offset, bytes: bytes, context: context)
    }

    func release(inode: UInt64, handle: UInt64) {
        recorder.close(handle)
        files.release(inode: inode, handle: handle)
    }

    /// With a handle, so that it is known who lists, and the kernel keeps no listing.
    func openDirectory(inode: UInt64) throws(FuseError) -> OpenReply {
        hear()
        lastDirectory += 1
        return OpenReply(handle: lastDirectory)
    }

    func readDirectory(
        inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {
        hear()
        do throws(FuseError) {
            try files.readDirectory(inode: inode, handle: handle, offset: offset, into: &buffer)
        } catch {
            recorder.listFailed(handle, path(inode), errno(error))
            throw error
        }
    }

    func releaseDirectory(inode: UInt64, handle: UInt64) {
        recorder.closeDirectory(handle)
    }

    func poll(inode: UInt64, handle: UInt64, waiter: PollWaiter?) throws(FuseError) -> UInt32 {
        try files.poll(inode: inode, handle: handle, waiter: waiter)
    }

    func interrupted(_ reply: PostponedReply) { files.interrupted(reply) }
    var deadline: UInt64? { files.deadline }
    func timeReached() { files.timeReached() }
}

extension TranscriptRecorder.Written {
    /// What a write came to.
    init(_ result: Result<TreeSession.WriteResult, Refusal>) {
        switch result {
        case .success(.taken(let count)): self = .taken(count)
        case .success(.waits(let write)): self = .waits(write)
        case .failure(let refusal): self = .refused(refusal.errno)
        }
    }
}
