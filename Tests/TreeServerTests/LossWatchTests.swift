// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TreeServer
@testable import Uevents

@Suite struct `A watch over what listeners lose` {
    /// A table of sockets that a test writes.
    private final class Table {
        let descriptor: Int32
        init() {
            var name = Array("/tmp/hotmem-table-XXXXXX".utf8CString)
            descriptor = mkstemp(&name)
            unlink(name)
        }
        deinit { close(descriptor) }

        func set(_ listeners: [(port: Int, drops: Int, inode: Int)]) {
            let lines = listeners.map { "0 15 \($0.port) 00000001 0 0 0 2 \($0.drops) \($0.inode)\n" }
            let text = "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n" + lines.joined()
            ftruncate(descriptor, 0)
            pwrite(descriptor, text, text.utf8.count, 0)
        }
    }

    @Test func `sleeps until a uevent is sent, and after it has looked`() {
        let table = Table()
        let watch = LossWatch(ListenerTable(descriptor: table.descriptor)) { _ in }
        #expect(watch.due == nil)
        watch.noteSent()
        #expect(watch.due != nil)
        watch.run()
        #expect(watch.due == nil)
    }

    @Test func `tells what each listener lost since it looked last`() {
        let table = Table()
        var losses: [Loss] = []
        let watch = LossWatch(ListenerTable(descriptor: table.descriptor)) { losses.append($0) }
        for (listeners, expected) in [
            ([(7, 0, 70), (8, 3, 80)], [Loss(listener: 8, uevents: 3)]),
            ([(7, 5, 70), (8, 3, 80)], [Loss(listener: 7, uevents: 5)]),
            ([(7, 5, 70), (8, 3, 80)], []),
            // Another socket with the same port.
            ([(7, 2, 71)], [Loss(listener: 7, uevents: 2)]), ([], []),
        ] as [([(port: Int, drops: Int, inode: Int)], [Loss])] {
            table.set(listeners)
            watch.noteSent()
            watch.run()
            #expect(losses == expected)
            losses = []
        }
    }

    @Test func `tells less often while losses go on, and looks often enough to miss nothing`() throws {
        let table = Table()
        var losses: [Loss] = []
        let watch = LossWatch(ListenerTable(descriptor: table.descriptor)) { losses.append($0) }
        table.set([(7, 1, 70)])
        watch.noteSent()
        let first = try #require(watch.due)
        watch.run()
        table.set([(7, 2, 70)])
        let before = FuseClock.now
        watch.noteSent()
        #expect(try #require(watch.due) >= before + 50_000_000 && first < (watch.due ?? 0))
        // After many uevents it looks before its time: the socket may be gone by then.
        for _ in 0..<2000 { watch.noteSent() }
        table.set([])
        watch.run()
        #expect(losses == [Loss(listener: 7, uevents: 1), Loss(listener: 7, uevents: 1)])
    }

    private enum FuseClock {
        static var now: UInt64 {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        }
    }
}
