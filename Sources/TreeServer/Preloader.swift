// SPDX-License-Identifier: Apache-2.0

import CLinux
import FuseBridge
import Glibc

/// Reads directories to their end, for those who did not: only then does the kernel know that it has all of a listing, and
/// need not ask for it again. Programs that look for one name in a directory stop when they have found it.
///
/// It does so when nobody asks for anything, on a thread of its own, through a copy of the mount that nobody sees and
/// that keeps nobody from unmounting. Only root can have such a copy, and this process may not be allowed to make it: another
/// does. For others listings are asked for each time. It is closed after each batch: while there is one, the tree lives
/// on unmounted.
final class Preloader: Chore {
    /// How long nobody must have asked for anything.
    private static let pause: UInt64 = 2_000_000
    /// How many directories are read in one go, for which a copy of the mount is made.
    private static let atOnce = 256

    private let copy: @Sendable () -> Int32?
    private let channel: Int32
    /// Made when it is needed first: a daemon forks before it serves.
    private var worker: Worker<[String]>?
    private let path: (UInt64) -> String
    private var unfinished: Set<UInt64> = []
    private var lastListing: UInt64 = 0

    /// - Parameters:
    ///   - copy: makes a copy of the tree's mount, as a descriptor.
    ///   - channel: the only descriptor that the thread has which does it.
    ///   - path: where a directory is in the tree.
    init(through copy: @escaping @Sendable () -> Int32?, over channel: Int32, path: @escaping (UInt64) -> String) {
        (self.copy, self.channel, self.path) = (copy, channel, path)
    }

    /// Somebody read a directory from a place on.
    func note(listing inode: UInt64, isEnd: Bool) {
        if isEnd {
            unfinished.remove(inode)
        } else {
            unfinished.insert(inode)
            lastListing = FuseSession.now
        }
    }

    var due: UInt64? { unfinished.isEmpty ? nil : lastListing + Self.pause }

    func run() {
        guard lastListing + Self.pause <= FuseSession.now else { return }
        let batch = unfinished.prefix(Self.atOnce)
        let worker = self.worker ?? Worker { [copy, channel] in Self.read($0, through: copy, over: channel) }
        self.worker = worker
        worker.submit(batch.map(path))
        unfinished.subtract(batch)
    }

    /// Lets the thread end.
    func end() { worker?.end() }

    private static func read(_ directories: [String], through copy: () -> Int32?, over channel: Int32) {
        // Should the process die while this thread waits for an answer of it, /dev/fuse is not to stay open with it.
        guard clinux_own_descriptors(channel) == 0, let copy = copy() else { return }
        defer { close(copy) }
        for directory in directories {
            let descriptor = openat(copy, "." + directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            guard let stream = fdopendir(descriptor) else {
                close(descriptor)
                continue
            }
            while Glibc.readdir(stream) != nil {}
            closedir(stream)
        }
    }
}
