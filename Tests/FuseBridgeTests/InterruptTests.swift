// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct InterruptTests {
    @Test func `a signal ends a write that waits, with EINTR`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let writer = Caller.writing("offline", to: mount("block"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            writer.interrupt()
            #expect(writer.ended() == .init(count: -1, errno: EINTR))
            #expect(files.seen.withLock { $0.interrupted } == 1)
            #expect(contents(mount("state")) == "online\n")
        }
    }

    @Test func `a signal ends a read that waits, and no other`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let readers = (0..<3).map { _ in Caller.reading(mount("news")) }
            #expect(eventually { files.seen.withLock { $0.open == 3 } })
            readers[1].interrupt()
            #expect(readers[1].ended() == .init(count: -1, errno: EINTR))
            #expect(readers[0].now == nil)
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(readers[0].ended()?.text == "news")
            #expect(readers[2].ended()?.text == "news")
        }
    }

    @Test func `by default a signal ends a wait`() throws {
        try withMount(of: ForgetfulFileSystem()) { mount, files in
            for _ in 0..<3 {
                let writer = Caller.writing("offline", to: mount("state"))
                #expect(eventually { files.writes.withLock { $0 == 1 } })
                writer.interrupt()
                #expect(writer.ended() == .init(count: -1, errno: EINTR))
                files.writes.withLock { $0 = 0 }
            }
        }
    }

    @Test func `a signal that comes while the file system is at the write ends its wait`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let writer = Caller.writing("offline", to: mount("slow"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            writer.interrupt()
            #expect(writer.ended() == .init(count: -1, errno: EINTR))
            #expect(files.seen.withLock { $0.interrupted } == 1)
        }
    }

    @Test func `the file system may go on after a signal, and hears of the first only`() throws {
        try withMount(of: WaitingFileSystem(endsAtSignal: false)) { mount, files in
            let writer = Caller.writing("offline", to: mount("block"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            for _ in 0..<3 {
                writer.interrupt()
                usleep(20_000)
                #expect(contents(mount("state")) == "online\n")
            }
            #expect(files.seen.withLock { $0.interrupted } == 1)
            #expect(writer.now == nil)
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(writer.ended() == .init(count: 7))
        }
    }

    @Test(arguments: ["INT", "TERM", "KILL"]) func `a process that waits can be killed`(signal: String) throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let program = try Running(
                ["/usr/bin/timeout", "-s", signal, "1", "/bin/sh", "-c", "echo offline > \(mount("block"))"], limit: 30
            )
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            #expect(contents(mount("state")) == "online\n")
            // timeout(1) ends with 124, or by SIGKILL with its child.
            #expect(program.finish().ending == (signal == "KILL" ? .signalled(SIGKILL) : .exited(124)))
            #expect(eventually { files.seen.withLock { $0.interrupted == 1 } })
            #expect(eventually { files.seen.withLock { $0.released.contains(2) } })
            #expect(files.seen.withLock { $0.open } == 0)
            #expect(contents(mount("state")) == "online\n")
        }
    }

    @Test func `a program sees EINTR`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let program = """
                import os, signal, sys
                class Alarm(Exception): pass
                def alarm(*_): raise Alarm
                file = os.open(sys.argv[1], os.O_WRONLY)
                signal.signal(signal.SIGALRM, alarm)
                signal.setitimer(signal.ITIMER_REAL, 0.5)
                try: os.write(file, b"offline")
                except Alarm: sys.exit(7)
                """
            let running = try Running(["/usr/bin/python3", "-c", program, mount("block")], limit: 30)
            #expect(running.finish().ending == .exited(7))
            #expect(files.seen.withLock { $0.interrupted } == 1)
        }
    }

    @Test func `a killed process stays until its reply comes`() throws {
        try withMount(of: WaitingFileSystem(endsAtSignal: false)) { mount, files in
            let program = try Running(["/bin/sh", "-c", "echo offline > \(mount("block"))"], limit: 30)
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            program.send(SIGKILL)
            #expect(eventually { files.seen.withLock { $0.interrupted == 1 } })
            usleep(50_000)
            #expect(waitpid(program.process, nil, WNOHANG) == 0)
            #expect(Caller.writing("done", to: mount("release")).ended() == .init(count: 4))
            #expect(program.finish().ending == .signalled(SIGKILL))
        }
    }

    @Test(arguments: [0, 100]) func `a signal and a completion may race`(busyPollMicroseconds: Int) throws {
        let rounds = 500
        try withMount(of: WaitingFileSystem(), busyPollMicroseconds: busyPollMicroseconds) { mount, files in
            let results = Mutex<[Caller.Result]>([])
            let path = mount("block")
            let writer = Caller {
                let descriptor = open(path, O_WRONLY | O_CLOEXEC)
                defer { close(descriptor) }
                for _ in 0..<rounds {
                    let count = write(descriptor, "offline", 7)
                    let result = Caller.Result(count: count, errno: count < 0 ? errno : 0)
                    results.withLock { $0.append(result) }
                }
                return .init(count: rounds)
            }
            let descriptor = open(mount("release"), O_WRONLY | O_CLOEXEC)
            defer { close(descriptor) }
            let round = Atomic<Int>(0)
            let signaller = Caller {
                for next in 1...rounds {
                    while round.load(ordering: .acquiring) < next { sched_yield() }
                    writer.interrupt()
                }
                return .init(count: rounds)
            }
            for next in 1...rounds {
                let waits = eventually {
                    files.seen.withLock { $0.postponed } >= next || results.withLock { $0.count } >= next
                }
                guard waits else { break }
                round.store(next, ordering: .releasing)
                // The release is now before, now after the signal.
                for _ in 0..<(next % 40) * 50 { _ = round.load(ordering: .acquiring) }
                #expect(write(descriptor, "done", 4) == 4)
                guard eventually({ results.withLock { $0.count } >= next }) else { break }
            }
            #expect(writer.ended()?.count == rounds)
            #expect(signaller.ended()?.count == rounds)
            let all = results.withLock { $0 }
            let interrupted = all.count { $0 == .init(count: -1, errno: EINTR) }
            let completed = all.count { $0 == .init(count: 7) }
            #expect(interrupted + completed == rounds)
            let seen = files.seen.withLock { $0 }
            #expect(seen.interrupted == interrupted)
            #expect(seen.completed == completed)
            #expect(seen.late == 0)
            #expect(seen.open == 0)
            #expect(contents(mount("state")) == "online\n")
        }
    }
}
