// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import Testing

@Suite struct TimerTests {
    @Test(arguments: [0, 100]) func `a write is completed when the time comes`(busyPollMicroseconds: Int) throws {
        try withMount(of: WaitingFileSystem(), busyPollMicroseconds: busyPollMicroseconds) { mount, files in
            for round in 1...3 {
                let start = FuseSession.now
                let writer = Caller.writing("offline", to: mount("soon"))
                #expect(writer.ended() == .init(count: 7))
                #expect(FuseSession.now - start >= 50_000_000)
                let (times, deadline) = files.seen.withLock { ($0.times, $0.deadline) }
                #expect(times.count == round)
                #expect(times.last ?? 0 >= deadline ?? .max)
            }
        }
    }

    @Test func `a time that has come is not held up by requests`() throws {
        try withMount(of: WaitingFileSystem()) { mount, files in
            let stop = Atomic<Bool>(false)
            let path = mount("state")
            let readers = (0..<2).map { _ in
                Caller {
                    var count = 0
                    while !stop.load(ordering: .relaxed) { count += contents(path).utf8.count }
                    return .init(count: count)
                }
            }
            let writer = Caller.writing("offline", to: mount("soon"))
            #expect(writer.ended() == .init(count: 7))
            stop.store(true, ordering: .relaxed)
            for reader in readers { #expect(reader.ended()?.count ?? 0 > 0) }
        }
    }

    @Test func `a time that stays in the past does not hold up requests`() throws {
        try withMount(of: WaitingFileSystem(delay: 0, keepsTime: true)) { mount, files in
            #expect(Caller.writing("offline", to: mount("soon")).ended() == .init(count: 7))
            for _ in 0..<20 { #expect(contents(mount("state")) == "online\n") }
            #expect(eventually { files.seen.withLock { $0.times.count > 20 } })
        }
    }

    @Test(arguments: [1 << 40, 1 << 63] as [UInt64]) func `a time far off is waited for`(delay: UInt64) throws {
        try withMount(of: WaitingFileSystem(delay: delay)) { mount, files in
            let writer = Caller.writing("offline", to: mount("soon"))
            #expect(eventually { files.seen.withLock { $0.open == 1 } })
            #expect(contents(mount("state")) == "online\n")
            usleep(20_000)
            #expect(files.seen.withLock { $0.times } == [])
            writer.interrupt()
            #expect(writer.ended() == .init(count: -1, errno: EINTR))
        }
    }

    @Test(arguments: [false, true]) func `an idle session sleeps`(aWriteWaits: Bool) throws {
        try withMount(of: WaitingFileSystem(), busyPollMicroseconds: 100) { mount, files in
            #expect(contents(mount("state")) == "online\n")
            if aWriteWaits {
                let writer = Caller.writing("offline", to: mount("block"))
                #expect(eventually { files.seen.withLock { $0.open == 1 } })
                #expect(writer.now == nil)
            }
            #expect(eventually { files.seen.withLock { $0.released } == [7] })
            // A wake-up is for once.
            mount.session.wakeUp()
            let thread = files.seen.withLock { $0.thread }
            func work() -> (switches: String, asked: Int) {
                let status = contents("/proc/self/task/\(thread)/status")
                let switches = status.split(separator: "\n").filter { $0.contains("ctxt_switches") }
                return (switches.joined(separator: " "), files.seen.withLock { $0.deadlineAsked })
            }
            #expect(work().switches.contains("voluntary_ctxt_switches"))
            // It may take a while to fall asleep where there is much else to do.
            let slept = (1...20).contains { _ in
                let before = work()
                usleep(300_000)
                return before == work()
            }
            #expect(slept)
        }
    }
}
