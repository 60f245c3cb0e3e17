// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
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

    @Test func `tells what each listener lost since it looked last, and not what others' uevents filled`() {
        let table = Table()
        var losses: [Loss] = []
        table.set([(8, 3, 80)])
        let watch = LossWatch(ListenerTable(descriptor: table.descriptor)) { losses.append($0) }
        for (listeners, expected) in [
            ([(7, 0, 70), (8, 3, 80)], []), ([(7, 5, 70), (8, 3, 80)], [Loss(listener: 7, uevents: 5)]),
            ([(7, 5, 70), (8, 3, 80)], []),
            // Another socket with the same port.
            ([(7, 2, 71)], [Loss(listener: 7, uevents: 2)]), ([], []),
        ] as [([(port: Int, drops: Int, inode: Int)], [Loss])] {
            // Whichever of them it looks after, some are left for the last look.
            for _ in 0..<20 { watch.noteSent() }
            table.set(listeners)
            for _ in 0..<20 { watch.noteSent() }
            watch.finish()
            #expect(losses == expected)
            losses = []
        }
        // Nobody lost more than were sent.
        table.set([(7, 100, 72)])
        watch.noteSent()
        watch.finish()
        #expect(losses.count == 1 && losses[0].uevents == 1)
    }

    @Test func `looks while uevents are sent, so that a listener that ends takes little along`() {
        let table = Table()
        var losses: [Loss] = []
        let watch = LossWatch(ListenerTable(descriptor: table.descriptor)) { losses.append($0) }
        watch.noteSent()
        table.set([(7, 1, 70)])
        usleep(2000)
        watch.noteSent()
        let owes = watch.owesReport.load(ordering: .relaxed)
        #expect(owes)
        table.set([])
        watch.run()
        let owesStill = watch.owesReport.load(ordering: .relaxed)
        #expect(losses == [Loss(listener: 7, uevents: 1)] && !owesStill)
    }

    @Test func `tells less often while losses go on, and all in the end`() throws {
        let table = Table()
        var (losses, now) = ([Loss](), UInt64(1_000_000_000))
        let watch = LossWatch(ListenerTable(descriptor: table.descriptor), clock: { now }) { losses.append($0) }
        for drops in 1...4 {
            table.set([(7, drops, 70)])
            watch.noteSent()
            now += 10_000_000
            watch.run()
        }
        // It is silent for a while, and then goes on.
        #expect(losses == [Loss(listener: 7, uevents: 1)])
        now = try #require(watch.due)
        watch.run()
        #expect(losses.last == Loss(listener: 7, uevents: 3) && losses.count == 2)
        table.set([(7, 9, 70)])
        for _ in 0..<5 { watch.noteSent() }
        watch.finish()
        #expect(losses.last == Loss(listener: 7, uevents: 5) && losses.count == 3)
    }

    @Test func `takes a table that it cannot read for no news`() {
        let watch = LossWatch(ListenerTable(descriptor: -1)) { _ in Issue.record("a loss") }
        watch.noteSent()
        watch.finish()
    }
}
