// SPDX-License-Identifier: Apache-2.0
import CFuse3
import Glibc

/// Where a file system puts the entries of a directory; good for one request.
public struct DirectoryBuffer: ~Copyable {
    private let request: fuse_req_t?
    private let memory: UnsafeMutableRawBufferPointer
    private let timeouts: Timeouts
    private(set) var used = 0

    /// True when the kernel would keep attributes too (READDIRPLUS):
    /// ``add(name:entry:nextOffset:)`` then saves lookups.
    public let wantsAttributes: Bool

    init(
        request: fuse_req_t?, memory: UnsafeMutableRawBufferPointer, timeouts: Timeouts, wantsAttributes: Bool
    ) {
        self.request = request
        self.memory = memory
        self.timeouts = timeouts
        self.wantsAttributes = wantsAttributes
    }

    /// Adds an entry. `mode` gives d_type by its type bits; `nextOffset`, never 0, is where a reader goes on after it.
    ///
    /// Returns true when the buffer is full: the entry was not added, and the kernel will ask for it again.
    public mutating func add(name: String, inode: UInt64, mode: UInt32, nextOffset: UInt64) -> Bool {
        var parameters = fuse_entry_param()
        // Node 0 in a READDIRPLUS answer means "no attributes given", not "no such file".
        parameters.attr.st_ino = numericCast(inode)
        parameters.attr.st_mode = mode
        return add(name: name, parameters: &parameters, nextOffset: nextOffset)
    }

    /// Adds an entry with its attributes, of which a plain READDIR carries the inode number and the type.
    ///
    /// Returns true when the buffer is full: the entry was not added, and the kernel will ask for it again.
    public mutating func add(name: String, entry: Entry, nextOffset: UInt64) -> Bool {
        var parameters = entry.parameters(timeouts)
        return add(name: name, parameters: &parameters, nextOffset: nextOffset)
    }

    private mutating func add(name: String, parameters: inout fuse_entry_param, nextOffset: UInt64) -> Bool {
        let room = memory.count - used
        let start = memory.baseAddress.map { ($0 + used).assumingMemoryBound(to: CChar.self) }
        let offset = off_t(truncatingIfNeeded: nextOffset)
        let needed =
            wantsAttributes
            ? fuse_add_direntry_plus(request, start, room, name, &parameters, offset)
            : fuse_add_direntry(request, start, room, name, &parameters.attr, offset)
        guard needed <= room else { return true }
        used += needed
        return false
    }
}
