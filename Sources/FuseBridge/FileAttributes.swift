// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// What stat(2) says of one file.
public struct FileAttributes: Equatable, Sendable {
    /// The inode number. It says what the file is, so that no table is needed; 1 is the root.
    public var inode: UInt64
    /// Type and permission bits.
    public var mode: UInt32
    /// The size in bytes.
    public var size: Int64
    /// The number of links.
    public var links: UInt32
    /// The owner.
    public var uid: UInt32
    /// The owner's group.
    public var gid: UInt32
    /// Seconds since 1970, for all three times.
    public var time: Int64
    /// Whether they are good for this answer only: the kernel asks again next time.
    public var isMomentary = false

    /// A file's attributes; by default one link, owned by root.
    public init(
        inode: UInt64, mode: UInt32, size: Int64, links: UInt32 = 1, uid: UInt32 = 0, gid: UInt32 = 0, time: Int64 = 0
    ) {
        self.inode = inode
        self.mode = mode
        self.size = size
        self.links = links
        self.uid = uid
        self.gid = gid
        self.time = time
    }

    /// The same in the C library's words.
    var stat: stat {
        var result = CFuse3.stat()
        result.st_ino = numericCast(inode)
        result.st_mode = mode
        result.st_size = Int(size)
        result.st_nlink = numericCast(links)
        result.st_uid = uid
        result.st_gid = gid
        result.st_blksize = 4096
        result.st_atim.tv_sec = Int(time)
        result.st_mtim.tv_sec = Int(time)
        result.st_ctim.tv_sec = Int(time)
        return result
    }
}

/// What setattr asks for; what is nil stays. Times are not passed on.
public struct AttributeChanges: Equatable, Sendable {
    /// The new permission bits.
    public var mode: UInt32?
    /// The new owner.
    public var uid: UInt32?
    /// The new group.
    public var gid: UInt32?
    /// The new size, from truncate(2) or O_TRUNC.
    public var size: Int64?

    /// A set of changes, by default none.
    public init(mode: UInt32? = nil, uid: UInt32? = nil, gid: UInt32? = nil, size: Int64? = nil) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
    }
}

/// How long the kernel may answer by itself, in seconds; `.infinity` is allowed.
public struct Timeouts: Equatable, Sendable {
    /// How long a name stays known.
    public var entry: Double
    /// How long attributes stay known.
    public var attributes: Double
    /// How long a name stays known not to exist.
    public var negative: Double

    /// Timeouts; 0, the default, means to ask every time.
    public init(entry: Double = 0, attributes: Double = 0, negative: Double = 0) {
        self.entry = entry
        self.attributes = attributes
        self.negative = negative
    }
}

/// What a name stands for.
public struct Entry: Equatable, Sendable {
    /// The file's attributes, its inode number among them.
    public var attributes: FileAttributes
    /// Tells apart two files that had the same inode number.
    public var generation: UInt64

    /// An entry.
    public init(attributes: FileAttributes, generation: UInt64 = 0) {
        self.attributes = attributes
        self.generation = generation
    }
}

/// How a file or directory was opened.
public struct OpenReply: Equatable, Sendable {
    /// A number of the file system's choice, passed back with every request on the open file.
    public var handle: UInt64
    /// Every read(2) and write(2) becomes a request, past the page cache.
    public var directIO: Bool
    /// The pages that the kernel holds from earlier opens are still right.
    public var keepCache: Bool
    /// lseek(2) fails.
    public var nonSeekable: Bool
    /// The kernel may keep the directory's entries (directories only).
    public var cacheDirectory: Bool

    /// A reply, by default without any flags.
    public init(
        handle: UInt64 = 0, directIO: Bool = false, keepCache: Bool = false, nonSeekable: Bool = false,
        cacheDirectory: Bool = false
    ) {
        self.handle = handle
        self.directIO = directIO
        self.keepCache = keepCache
        self.nonSeekable = nonSeekable
        self.cacheDirectory = cacheDirectory
    }
}

/// Who made a request.
public struct RequestContext: Equatable, Sendable {
    /// The process; 0 if it is in another PID namespace.
    public var pid: Int32
    /// Its user.
    public var uid: UInt32
    /// Its group.
    public var gid: UInt32
    /// The kernel's number for it, the same if it comes again.
    public var request: UInt64
    /// Whether another process was sent it before, and did not answer.
    public var isRepeated: Bool

    /// A context.
    public init(pid: Int32, uid: UInt32, gid: UInt32, request: UInt64 = 0, isRepeated: Bool = false) {
        (self.pid, self.uid, self.gid) = (pid, uid, gid)
        (self.request, self.isRepeated) = (request, isRepeated)
    }
}
