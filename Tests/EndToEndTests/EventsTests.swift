// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `hotmem events` {
    private static let script = """
        cd /sys/devices/system/memory
        echo 0x140000000 > probe
        echo online_movable > memory40/state
        echo 'alloc name=db kind=anon block=40 pages=1200' > /sys/kernel/debug/hotmem/workload
        echo offline > memory40/state
        sh -c 'echo offline > memory39/state' 2> /dev/null
        sh -c 'echo "no word" > memory40/state' 2> /dev/null
        """

    /// Lines of JSON, each as Foundation reads it.
    private func objects(in text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `tells what happened, in order, with the kernel's reasons`(caller: Caller) throws {
        let ended = try world(shell: Self.script + "\nhotmem events | cut -d ' ' -f 3-", by: caller)
        #expect(ended.succeeded, "\(ended)")
        let expected = """
            uevent add@/devices/system/memory/memory40
            notifier chain: MEM_GOING_ONLINE, page frames from 1310720, 32768 pages
            node0, zone Movable: span and pages changed
            notifier chain: MEM_ONLINE, page frames from 1310720, 32768 pages
            memory40 is online
            uevent online@/devices/system/memory/memory40
            workload db changed
            memory40 is going-offline
            notifier chain: MEM_GOING_OFFLINE, page frames from 1310720, 32768 pages
            1200 pages of memory40 moved to node0, zone Normal
            notifier chain: MEM_OFFLINE, page frames from 1310720, 32768 pages
            node0, zone Movable: span and pages changed
            memory40 is offline
            uevent offline@/devices/system/memory/memory40
            """
        #expect(ended.output.hasPrefix(expected + "\n"), "\(ended)")
        let rest = ended.output.dropFirst(expected.utf8.count + 1)
        #expect(
            rest.contains("/sys/devices/system/memory/memory39/state refused: failure to isolate range"), "\(ended)")
        #expect(
            rest.hasSuffix(
                "\"no word\\n\" to /sys/devices/system/memory/memory40/state refused: not a word this file takes "
                    + "(errno 22)\n"), "\(ended)")
    }

    @Test func `as JSON has numbers without gaps, the time, and each kind's values`() throws {
        let ended = try world(shell: Self.script + "\nhotmem events --json")
        let events = try objects(in: ended.output)
        #expect(events.compactMap { $0["number"] as? Int } == Array(1...events.count), "\(ended)")
        let now = Date().timeIntervalSince1970
        #expect(events.allSatisfy { abs(($0["time"] as? Double ?? 0) - now) < 60 })
        let migration = try #require(events.first { $0["kind"] as? String == "migration" })
        #expect(migration["pages"] as? Int == 1200 && migration["block"] as? String == "memory40")
        let last = try #require(events.last)
        #expect(last["kind"] as? String == "refused" && last["errno"] as? Int == 22)
        #expect(last["text"] as? String == "no word\n")
    }

    @Test func `only tells the kinds that are asked for, after a number`() throws {
        let ended = try world(
            shell: Self.script + "\nhotmem events --only uevent,refused --after 6 | cut -d ' ' -f 1,3 | cut -c -12")
        #expect(ended.output.split(separator: "\n").first == "14 uevent", "\(ended)")
        #expect(!ended.output.contains("memory40 is"), "\(ended)")
    }

    @Test func `follows a mounted machine until it ends`() throws {
        try mounted { scratch, place in
            let follower = try scratch.program([try Installation.shared.hotmem, "events", "--root", place, "--follow"])
                .start()
            for block in ["0x140000000", "0x148000000"] {
                let write = "echo \(block) > \(place)/sys/devices/system/memory/probe"
                #expect(try scratch.program(["sh", "-c", write]).run().succeeded)
                try follower.wait(for: "uevent add@/devices/system/memory/memory\(block == "0x140000000" ? 40 : 41)\n")
            }
            // Others are answered while it waits.
            let other = try scratch.hotmem(["events", "--root", place])
            #expect(other.output.split(separator: "\n").count == 2, "\(other)")
            for daemon in scratch.processes where daemon != follower.process { kill(daemon, SIGTERM) }
            #expect(follower.finish().ending == .exited(0))
        }
    }

    @Test func `notes stand where they were made`() throws {
        let ended = try world(
            shell: """
                cd /sys/kernel/debug/hotmem
                echo note before > events; echo 0x140000000 > /sys/devices/system/memory/probe; echo note after > events
                hotmem events | cut -d ' ' -f 3-; timeout 20 head -n 3 <> events | wc -l
                """)
        #expect(
            ended.output == "note: before\nuevent add@/devices/system/memory/memory40\nnote: after\n3\n", "\(ended)")
    }

    @Test func `anything can follow, waiting or not`() throws {
        let ended = try world([
            "python3", "-c",
            """
            import os, errno
            path = "/sys/kernel/debug/hotmem/events"
            assert open(path).read() == ""
            now = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            try:
                os.read(now, 100)
            except BlockingIOError:
                print("nothing yet")
            import select
            waiting = select.poll()
            waiting.register(now, select.POLLIN)
            assert waiting.poll(50) == []
            # Who wants edges only is told of each.
            edges = select.epoll()
            edged = os.open(path, os.O_RDWR)
            os.set_blocking(edged, False)
            edges.register(edged, select.EPOLLIN | select.EPOLLET)
            for _ in range(3):
                while True:
                    try:
                        os.read(edged, 4096)
                    except BlockingIOError:
                        break
                edges.poll(0)
                open(path, "w").write("note edge")
                assert edges.poll(20) == [(edged, select.EPOLLIN)], "no edge"
            os.read(now, 4096)
            later = os.open(path, os.O_RDWR)
            assert len(os.read(later, 4096)) > 40
            if os.fork() == 0:
                open("/sys/devices/system/memory/probe", "w").write("0x140000000")
                os._exit(0)
            print(waiting.poll(20000) == [(now, select.POLLIN)])
            print(os.read(later, 2), len(os.read(later, 4096)) > 40)
            print(os.read(now, 4096)[:2])
            """,
        ])
        #expect(ended.output == "nothing yet\nTrue\nb'4 ' True\nb'4 '\n", "\(ended)")
    }

    @Test func `ends where nobody takes what it says`() throws {
        try mounted { scratch, place in
            let note = "echo note one > \(place)/sys/kernel/debug/hotmem/events"
            let full = try scratch.program([
                "bash", "-c", "\(note); hotmem events --root \(place) --follow > /dev/full",
            ]).run()
            #expect(full.ending == .exited(1) && full.errors.contains("No space left on device"), "\(full)")
            // It waits no longer than its reader.
            let head = try scratch.program(["sh", "-c", "hotmem events --root \(place) --follow | head -n 1"]).run()
            #expect(head.succeeded && head.output.hasSuffix("note: one\n"), "\(head)")
            let script =
                "trap '' PIPE; { hotmem events --root \(place) --follow; echo $? >&2; } | head -n 1 > /dev/null"
            let gone = try scratch.program(
                ["bash", "-c", "{ for i in 1 2 3 4 5; do sleep 0.3; \(note); done; } & \(script); wait"]
            ).run()
            #expect(["0\n", "1\n"].contains(gone.errors), "\(gone)")
        }
    }

    @Test func `says what is wrong with how it is called`() throws {
        try Scratch.with { scratch in
            for (arguments, status, part) in [
                (["--only", "uevent,nothing"], 2, "unknown kind \"nothing\"; known are uevent"),
                (["--only", ""], 2, "unknown kind"), (["--root", scratch.path], 1, "No such file or directory"),
                (["--after", "x"], 2, "--after"),
            ] as [([String], Int32, String)] {
                let ended = try scratch.hotmem(["events"] + arguments)
                #expect(ended.ending == .exited(status) && ended.errorLines.count == 1, "\(ended)")
                #expect(ended.errors.contains(part), "\(ended)")
            }
        }
    }
}
