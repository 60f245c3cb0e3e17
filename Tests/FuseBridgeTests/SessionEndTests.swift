// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import Testing

/// What becomes of requests that wait when their session ends.
@Suite struct SessionEndTests {
    /// Mounts, and makes a write, a read and a write with a time wait.
    private func waiting(
        _ body: (Mounted, WaitingFileSystem, [Caller]) throws -> Void
    ) throws {
        let files = WaitingFileSystem(delay: 1 << 50)
        let mounted = try Mounted(files)
        defer { mounted.close() }
        let callers = [
            Caller.writing("offline", to: mounted("block")), .reading(mounted("news")),
            .writing("offline", to: mounted("soon")),
        ]
        #expect(eventually { files.seen.withLock { $0.open == 3 } })
        try body(mounted, files, callers)
        #expect(mounted.ended() == 0)
        files.releaseAfterTheEnd()
        #expect(files.seen.withLock { $0.late } == 2)
    }

    @Test func `they fail when exit ends the session`() throws {
        try waiting { mounted, _, callers in
            mounted.session.exit()
            #expect(mounted.ended() == 0)
            for caller in callers { #expect(caller.ended() == .init(count: -1, errno: ENODEV)) }
        }
    }

    @Test func `they fail when unmount ends the session`() throws {
        try waiting { mounted, _, callers in
            mounted.session.unmount()
            for caller in callers { #expect(caller.ended() == .init(count: -1, errno: ENODEV)) }
            #expect(mounted.ended() == 0)
            #expect(rmdir(mounted.path) == 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `they fail when the mount is torn away`() throws {
        try waiting { mounted, _, callers in
            umount2(mounted.path, Int32(MNT_FORCE) | Int32(MNT_DETACH))
            for caller in callers { #expect(caller.ended() == .init(count: -1, errno: ECONNABORTED)) }
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a lazy umount lets them end`() throws {
        try withMount(of: WaitingFileSystem()) { mounted, files in
            let release = open(mounted("release"), O_WRONLY | O_CLOEXEC)
            let writer = Caller.writing("offline", to: mounted("block"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            #expect(umount2(mounted.path, Int32(MNT_DETACH)) == 0)
            #expect(write(release, "done", 4) == 4)
            #expect(writer.ended() == .init(count: 7))
            close(release)
            #expect(mounted.ended() == 0)
        }
    }

    @Test func `a caller that was interrupted at the very end gets an answer`() throws {
        for _ in 0..<20 {
            let files = WaitingFileSystem()
            let mounted = try Mounted(files)
            let callers = (0..<5).map { _ in Caller.reading(mounted("news")) }
            #expect(eventually { files.seen.withLock { $0.open == 5 } })
            for caller in callers { caller.interrupt() }
            mounted.session.unmount()
            for caller in callers { #expect([EINTR, ENODEV].contains(caller.ended()?.errno)) }
            #expect(mounted.ended() == 0)
            #expect(rmdir(mounted.path) == 0)
        }
    }

    @Test func `a reply that was given is not kept`() throws {
        let files = WaitingFileSystem()
        let mounted = try Mounted(files)
        let ends: [(Caller) -> Void] = [
            { _ in #expect(Caller.writing("done", to: mounted("release")).ended() == .init(count: 4)) },
            { $0.interrupt() },
            { _ in mounted.session.unmount() },
        ]
        for end in ends {
            let reader = Caller.reading(mounted("news"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            end(reader)
            #expect(reader.ended() != nil)
        }
        mounted.close()
        files.releaseAfterTheEnd()
        #expect(files.kept.isEmpty)
    }
}
