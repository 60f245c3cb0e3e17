// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization

/// A root with one attribute, one link and one big directory. Names "errorN" answer the error number N.
final class ToyFileSystem: FuseFileSystem, Sendable {
    struct State {
        var text = Array("online\n".utf8)
        var size: Int64 = 4096
        var writes: [Int] = []
        var truncations: [Int64] = []
        var names: [String] = []
        var directoryReads = 0
        var lookups = 0
        var released: [UInt64] = []
        var hidden = true
        /// Whether attributes hold for a moment only.
        var isMomentary = false
        var pid: Int32 = 0
    }

    static let attribute: UInt64 = 2
    static let link: UInt64 = 3
    static let big: UInt64 = 4
    static let hidden: UInt64 = 5
    static let child: UInt64 = 1000

    let state = Mutex(State())
    let count: UInt64
    /// A write takes no more than this.
    let accepts: Int

    init(count: UInt64 = 5000, accepts: Int = 4096) {
        self.count = count
        self.accepts = accepts
    }

    private func momentary(_ attributes: FileAttributes) -> FileAttributes {
        var attributes = attributes
        attributes.isMomentary = state.withLock { $0.isMomentary }
        return attributes
    }

    private func file(_ inode: UInt64) -> FileAttributes {
        var result = ownerless(inode)
        // The tests' own user, so that default_permissions lets it through.
        result.uid = geteuid()
        result.gid = getegid()
        return result
    }

    private func ownerless(_ inode: UInt64) -> FileAttributes {
        switch inode {
        case 1, Self.big: FileAttributes(inode: inode, mode: S_IFDIR | 0o755, size: 0, links: 2)
        case Self.link: FileAttributes(inode: inode, mode: S_IFLNK | 0o777, size: 0)
        case Self.child...: FileAttributes(inode: inode, mode: Self.type(inode - Self.child) | 0o755, size: 4096)
        default:
            momentary(
                FileAttributes(
                    inode: inode, mode: S_IFREG | 0o644, size: state.withLock { $0.size }, time: 1_700_000_000))
        }
    }

    static func type(_ index: UInt64) -> UInt32 {
        [S_IFREG, S_IFDIR, S_IFLNK][Int(index % 3)]
    }

    func lookup(parent: UInt64, name: String) throws(FuseError) -> Entry {
        state.withLock {
            $0.names.append(name)
            $0.lookups += 1
        }
        if name.hasPrefix("error"), let number = Int32(name.dropFirst(5)) { throw FuseError(number) }
        switch name {
        case "state": return Entry(attributes: file(Self.attribute))
        case "link": return Entry(attributes: file(Self.link))
        case "big": return Entry(attributes: file(Self.big))
        case "hidden" where state.withLock({ !$0.hidden }): return Entry(attributes: file(Self.hidden))
        default: throw FuseError(ENOENT)
        }
    }

    func attributes(of inode: UInt64, handle: UInt64?) throws(FuseError) -> FileAttributes {
        file(inode)
    }

    func setAttributes(
        of inode: UInt64, changes: AttributeChanges, handle: UInt64?
    ) throws(FuseError) -> FileAttributes {
        if let size = changes.size { state.withLock { $0.truncations.append(size) } }
        return file(inode)
    }

    func readLink(inode: UInt64) throws(FuseError) -> String {
        "../elsewhere"
    }

    func open(inode: UInt64, flags: Int32) throws(FuseError) -> OpenReply {
        OpenReply(handle: 77, directIO: true)
    }

    func read(
        inode: UInt64, handle: UInt64, offset: Int64, flags: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FuseError) -> Transfer {
        let rest = state.withLock { Array($0.text.dropFirst(Int(offset)).prefix(buffer.count)) }
        buffer.copyBytes(from: rest)
        return .done(rest.count)
    }

    func write(
        inode: UInt64, handle: UInt64, offset: Int64, bytes: UnsafeRawBufferPointer, context: RequestContext
    ) throws(FuseError) -> Transfer {
        let taken = state.withLock {
            $0.writes.append(bytes.count)
            $0.pid = context.pid
            $0.text = Array(bytes.prefix(accepts))
            return $0.text.count
        }
        return .done(taken)
    }

    func release(inode: UInt64, handle: UInt64) {
        state.withLock { $0.released.append(handle) }
    }

    func readDirectory(
        inode: UInt64, handle: UInt64, offset: UInt64, into buffer: inout DirectoryBuffer
    ) throws(FuseError) {
        state.withLock { $0.directoryReads += 1 }
        guard inode == Self.big else { return }
        var index = offset
        while index < count {
            let entry = Entry(attributes: file(Self.child + index))
            if buffer.wantsAttributes {
                if buffer.add(name: "memory\(index)", entry: entry, nextOffset: index + 1) { return }
            } else {
                let attributes = entry.attributes
                let full = buffer.add(
                    name: "memory\(index)", inode: attributes.inode, mode: attributes.mode, nextOffset: index + 1)
                if full { return }
            }
            index += 1
        }
    }

    func poll(inode: UInt64, handle: UInt64, waiter: PollWaiter?) throws(FuseError) -> UInt32 {
        UInt32(POLLIN | POLLPRI | POLLERR)
    }
}
