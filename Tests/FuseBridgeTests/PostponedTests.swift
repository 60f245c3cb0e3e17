// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import Testing

@Suite struct PostponedTests {
    @Test func `a write waits until another file is written to`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let writer = Caller.writing("offline", to: mount("block"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            #expect(contents(mount("state")) == "online\n")
            #expect(size(mount("block")) == 4096)
            usleep(20_000)
            #expect(writer.now == nil)
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(writer.ended() == .init(count: 7))
            #expect(files.seen.withLock { $0.takenBytes } == ["offline", "done"])
            #expect(files.seen.withLock { $0.completed } == 1)
        }
    }

    @Test func `a read waits too, and other reads do not wait for it`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let reader = Caller.reading(mount("news"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            for _ in 0..<20 { #expect(contents(mount("state")) == "online\n") }
            #expect(reader.now == nil)
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(reader.ended() == .init(count: 4, text: "news"))
        }
    }

    @Test func `an answer is never more than was asked for`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let reader = Caller.reading(mount("news"), size: 3)
            let writer = Caller.writing("offline", to: mount("block"))
            #expect(eventually { files.seen.withLock { $0.open == 2 } })
            #expect(Caller.writing("wrong", to: mount("release")).ended() == .init(count: 5))
            #expect(reader.ended()?.text == "new")
            #expect(writer.ended() == .init(count: 7))
        }
    }

    @Test func `a postponed request fails with what it is failed with`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            for (number, seen) in [(EBUSY, EBUSY), (600, ERANGE), (0, EIO)] {
                let callers = [Caller.writing("offline", to: mount("block")), Caller.reading(mount("news"))]
                #expect(eventually { files.seen.withLock { $0.open == 2 } })
                #expect(Caller.writing("\(number)", to: mount("release")).ended()?.errno == 0)
                for caller in callers { #expect(caller.ended() == .init(count: -1, errno: seen)) }
            }
        }
    }

    @Test func `a hundred callers wait at once`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let readers = (0..<100).map { _ in Caller.reading(mount("news")) }
            #expect(eventually { files.seen.withLock { $0.open == 100 } })
            #expect(contents(mount("state")) == "online\n")
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            for reader in readers { #expect(reader.ended() == .init(count: 4, text: "news")) }
        }
    }

    @Test func `a file whose write waits can be opened, read and closed`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let writer = Caller.writing("offline", to: mount("block"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            #expect(Caller.reading(mount("block")).ended() == .init(count: 7, text: "online\n"))
            #expect(eventually { files.seen.withLock { $0.released } == [2] })
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(writer.ended() == .init(count: 7))
        }
    }

    @Test func `a file's second write comes when the first is answered`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let writers = [
                Caller.writing("offline", to: mount("block")), Caller.writing("offline", to: mount("block")),
            ]
            for round in 1...2 {
                #expect(eventually { files.seen.withLock { $0.postponed == round } })
                usleep(20_000)
                #expect(files.seen.withLock { $0.open } == 1)
                #expect(Caller.reading(mount("block")).ended()?.text == "online\n")
                #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            }
            for writer in writers { #expect(writer.ended() == .init(count: 7)) }
        }
    }

    @Test func `a descriptor that is closed while its write waits is released after that`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let descriptor = open(mount("block"), O_WRONLY | O_CLOEXEC)
            let writer = Caller {
                let count = write(descriptor, "offline", 7)
                return .init(count: count, errno: count < 0 ? errno : 0)
            }
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            let closer = Caller { .init(count: Int(close(descriptor))) }
            #expect(closer.ended() == .init(count: 0))
            #expect(files.seen.withLock { $0.released } == [])
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(writer.ended() == .init(count: 7))
            #expect(eventually { files.seen.withLock { $0.released.contains(2) } })
        }
    }
}
