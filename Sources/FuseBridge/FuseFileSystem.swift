// SPDX-License-Identifier: Apache-2.0

/// What a file system answers.
///
/// All calls come on the thread that called ``FuseSession/run(busyPollMicroseconds:)``, one at a time. Inode numbers
/// say what they are, so nothing is counted or forgotten. A method without a default here has to be written; the others
/// answer as a sysfs does (see FuseFileSystemDefaults.swift).
public protocol FuseFileSystem: AnyObject {
    /// What `name` in the directory `parent` stands for. Bytes that are not UTF-8 arrive repaired (U+FFFD).
    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry

    /// The attributes of a file; `handle` if the question came through an open file.
    func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes

    /// Changes attributes and says what they then are. truncate(2) and O_TRUNC arrive here as a size.
    func setAttributes(
        of inode: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes

    /// What a symbolic link says.
    func readLink(inode: UInt64) throws(FuseError) -> String

    /// Opens a file with open(2)'s flags. ENOSYS tells the kernel never to ask again, for the whole mount.
    func open(inode: UInt64, flags: Int32) throws(FuseError) -> OpenReply

    /// Writes what is at `offset` into `buffer`, which is as large as the request, and returns how many bytes it wrote,
    /// or that it answers later. The buffer is good for this call only. `flags` are the descriptor's now, as fcntl(2) may
    /// have changed them since open(2).
    func read(
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer

    /// Takes `bytes` and returns how many of them it took, or that it answers later; a short count reaches a direct_io
    /// writer as it is. The bytes are good for this call only.
    func write(
        inode: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer

    /// The process that waits for `reply` got a signal. It goes on waiting until the reply is completed, here or later,
    /// even if the signal was SIGKILL; and the kernel says this once for a reply, not again for further signals.
    func interrupted(_ reply: PostponedReply)

    /// When ``timeReached()`` is to be called, as ``FuseSession/now`` counts; nil for never.
    ///
    /// It is asked for after every call to the file system, so it must be cheap. Calls can change it, and another thread
    /// that then calls ``FuseSession/wakeUp()``.
    var deadline: UInt64? { get }

    /// The ``deadline`` has come. If this does not move it, it is called again after the next look for a request.
    func timeReached()

    /// The last descriptor of an open file was closed. Its closer does not wait for this.
    func release(inode: UInt64, handle: UInt64)

    /// Opens a directory. ENOSYS tells the kernel never to ask again, for the whole mount.
    func openDirectory(inode: UInt64) throws(FuseError) -> OpenReply

    /// Adds entries from `offset` on (0, or an earlier entry's `nextOffset`) until the buffer is full or none is left.
    func readDirectory(
        inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError)

    /// A directory was closed.
    func releaseDirectory(inode: UInt64, handle: UInt64)

    /// The poll(2) events that hold now. A file system whose answer may change keeps the waiter, if there is one, and
    /// wakes it when it has; without that, who polls waits for ever.
    func poll(inode: UInt64, handle: UInt64, waiter: PollWaiter?) throws(FuseError) -> UInt32

    /// access(2)'s question; never asked when the mount option `default_permissions` is given.
    func access(inode: UInt64, mask: Int32, context: RequestContext) throws(FuseError)

    /// Creates and opens a file that a lookup did not find.
    func create(
        parent: UInt64, name: String, mode: UInt32, flags: Int32
    ) throws(FuseError) -> (entry: Entry, open: OpenReply)

    /// mknod(2).
    func makeNode(parent: UInt64, name: String, mode: UInt32, device: UInt64) throws(FuseError) -> Entry

    /// mkdir(2).
    func makeDirectory(parent: UInt64, name: String, mode: UInt32) throws(FuseError) -> Entry

    /// unlink(2).
    func unlink(parent: UInt64, name: String) throws(FuseError)

    /// rmdir(2).
    func removeDirectory(parent: UInt64, name: String) throws(FuseError)

    /// symlink(2).
    func makeSymbolicLink(parent: UInt64, name: String, target: String) throws(FuseError) -> Entry

    /// rename(2), or renameat2(2) with flags.
    func rename(
        parent: UInt64, name: String, newParent: UInt64, newName: String, flags: UInt32
    ) throws(FuseError)

    /// link(2).
    func makeLink(inode: UInt64, newParent: UInt64, newName: String) throws(FuseError) -> Entry
}
