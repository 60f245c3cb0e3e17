// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite struct `Faults on demand` {
    private static let start = """
        cd /sys/devices/system/memory
        faults=/sys/kernel/debug/hotmem/faults
        echo 0x140000000 > probe

        """

    @Test(arguments: Caller.allCases)
    func `refuse a block as often as they are told, with the errno they are told`(caller: Caller) throws {
        let ended = try world(
            shell: Self.start + """
                echo 'set kind=online errno=EAGAIN next=2' > $faults
                for time in 1 2 3; do /bin/echo online_movable > memory40/state; done
                cat memory40/state $faults
                hotmem events --only fault,uevent | cut -d ' ' -f 3-
                """, by: caller)
        #expect(
            ended.errors == String(repeating: "/bin/echo: write error: Resource temporarily unavailable\n", count: 2),
            "\(ended)")
        #expect(
            ended.output == """
                online
                set name=online kind=online errno=EAGAIN next=2 asked=2 hits=2
                uevent add@/devices/system/memory/memory40
                fault online: memory40 may not go online (errno 11)
                fault online: memory40 may not go online (errno 11)
                uevent online@/devices/system/memory/memory40

                """, "\(ended)")
    }

    @Test func `let a block go slowly, and its writer be interrupted`() throws {
        let ended = try world(
            shell: Self.start + """
                echo online_movable > memory40/state
                echo 'alloc name=db kind=anon block=40 pages=200' > /sys/kernel/debug/hotmem/workload
                echo 'set kind=slow time=1s every=1' > $faults
                env --default-signal sh -c 'echo offline > memory40/state' & writer=$!
                until grep -q migrate /sys/kernel/debug/hotmem/events; do :; done
                cat memory40/state
                kill -INT $writer
                wait $writer || echo "writer $?"
                cat memory40/state
                echo 'set kind=slow time=1ms' > $faults
                before=$(date +%s%N)
                echo offline > memory40/state
                [ $(($(date +%s%N) - before)) -ge 150000000 ] && cat memory40/state
                """)
        #expect(ended.output == "going-offline\nwriter 130\nonline\noffline\n", "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `keep, repeat and mix up what listeners hear`(caller: Caller) throws {
        let script = """
            cd /sys/devices/system/memory
            faults=/sys/kernel/debug/hotmem/faults
            for kind in lose double reorder; do echo "set kind=$kind" > $faults; done
            for block in 40 41 42 43; do printf '0x%x' $((block << 27)) > probe; done
            echo clear > $faults
            echo 'set kind=delay time=50ms' > $faults
            echo online > memory40/state
            echo offline > memory40/state
            until grep -q 'uevent ACTION=online' /sys/kernel/debug/hotmem/events; do sleep 0.01; done
            echo clear > $faults # It returns when what was before has been sent.
            """
        let ended = try world(["python3", try Installation.shared.script("listen.py"), script], by: caller)
        #expect(
            ended.output == """
                listening
                add@/devices/system/memory/memory41
                add@/devices/system/memory/memory41
                add@/devices/system/memory/memory43
                add@/devices/system/memory/memory42
                offline@/devices/system/memory/memory40
                online@/devices/system/memory/memory40

                """, "\(ended)")
        #expect(ended.succeeded)
    }

    @Test func `flood a listener, which loses what comes after, and is told of`() throws {
        let script = """
            import socket, sys
            events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
            events.bind((0, 1))
            open("/sys/kernel/debug/hotmem/faults", "w").write("set kind=flood")
            open("/sys/devices/system/memory/probe", "w").write("0x140000000")
            heard = []
            try:
                while True: heard.append(events.recv(4096, socket.MSG_DONTWAIT).split(b"\\0")[0].decode())
            except OSError as error: print(error.errno)
            try:
                while True: heard.append(events.recv(4096, socket.MSG_DONTWAIT).split(b"\\0")[0].decode())
            except BlockingIOError: pass
            print(set(heard), 0 < len(heard) < 5000)
            """
        let ended = try world(
            shell: "python3 -c '\(script)'\nuntil hotmem events --only lost | grep -q buffer; do sleep 0.01; done")
        #expect(ended.output == "105\n{'change@/bus/memory'} True\n", "\(ended)")
        #expect(ended.succeeded)
    }

    @Test func `are set, listed and cleared from the command line, also of a mounted machine`() throws {
        try mounted { scratch, place in
            func fault(_ arguments: String...) throws -> Ended {
                try scratch.hotmem(["fault"] + arguments + ["--root", place])
            }
            #expect(try fault("set", "offline", "--errno", "EAGAIN", "--next", "2", "--block", "34").succeeded)
            #expect(try fault("set", "lose", "--every", "3", "--seed", "7", "--name", "deaf").succeeded)
            let list = try fault("list")
            #expect(
                list.output == """
                    NAME     KIND     ASKED  HITS  SETTINGS
                    offline  offline      0     0  errno=EAGAIN next=2 block=34
                    deaf     lose         0     0  every=3 seed=7

                    """, "\(list)")
            let json = try fault("list", "--json")
            #expect(
                json.output == """
                    [{"name": "offline", "kind": "offline", "errno": "EAGAIN", "next": 2, "block": "34", "asked": 0, "hits": 0},
                     {"name": "deaf", "kind": "lose", "every": 3, "seed": 7, "asked": 0, "hits": 0}]

                    """, "\(json)")
            #expect(try fault("clear", "deaf").succeeded)
            let unknown = try fault("clear", "deaf")
            #expect(unknown.ending == .exited(1) && unknown.errors == "hotmem: there is no fault named deaf\n")
            #expect(try fault("clear", "--all").succeeded && fault("list").output.isEmpty)
            for (arguments, reason) in [
                (["set", "slow"], "--time is needed for a fault of kind slow"),
                (["set", "offline", "--errno", "EBUSI"], "--errno is a name such as EBUSY, or a number from 1 to 511"),
                (["set", "lose", "--node", "1"], "--node is nothing that a fault of kind lose has"),
            ] {
                let ended = try scratch.hotmem(["fault"] + arguments + ["--root", place])
                #expect(ended.ending == .exited(2) && ended.errors == "hotmem: \(reason)\n", "\(ended)")
            }
        }
    }

    @Test func `are cleared all or none`() throws {
        try mounted { scratch, place in
            func fault(_ arguments: String...) throws -> Ended {
                try scratch.hotmem(["fault"] + arguments + ["--root", place])
            }
            for kind in ["offline", "online", "lose"] { #expect(try fault("set", kind).succeeded) }
            let before = try fault("list").output
            let refused = try fault("clear", "offline", "lost", "lose")
            #expect(refused.ending == .exited(1) && refused.errors == "hotmem: there is no fault named lost\n")
            #expect(try fault("list").output == before)
            #expect(try fault("clear", "offline", "lose", "offline").succeeded)
            #expect(try fault("list").output.split(separator: "\n").count == 2)
        }
    }

    @Test func `take the place of those of their name, which is said where no name was given`() throws {
        try mounted { scratch, place in
            func set(_ arguments: String...) throws -> String {
                try scratch.hotmem(["fault", "set"] + arguments + ["--root", place]).errors
            }
            let note = "hotmem: this takes the place of the fault lose that was set before; with --name both stand\n"
            #expect(try set("lose") == "")
            #expect(try set("lose", "--every", "3") == note)
            #expect(try set("lose", "--name", "lose") == "" && set("lose", "--name", "other") == "")
            let names = try scratch.hotmem(["fault", "list", "--root", place]).output.split(separator: "\n").dropFirst()
            #expect(names.count == 2)
        }
    }

    @Test func `of a block or node that is not there are set, with a warning`() throws {
        try mounted { scratch, place in
            for (arguments, warning) in [
                (["offline", "--block", "34", "--errno", "eagain"], ""), (["online", "--block", "39-40"], ""),
                (["stuck", "--node", "0"], ""), (["memmap", "--block", "900"], ""), (["lose", "--block", "900"], ""),
                (["lose", "--block", "900", "--action", "add"], ""),
                (["offline", "--block", "900"], "no memory900"),
                (["lose", "--block", "900", "--action", "offline"], "no memory900"),
                (["offline", "--block", "900-4294967295"], "none of memory900 to memory4294967295"),
                (["slow", "--time", "1ms", "--node", "7"], "no node7"),
            ] {
                #expect(try scratch.hotmem(["fault", "clear", "--all", "--root", place]).succeeded)
                let ended = try scratch.hotmem(["fault", "set"] + arguments + ["--root", place])
                let line = warning.isEmpty ? "" : "hotmem: there is \(warning) now; the fault waits until there is\n"
                #expect(ended.succeeded && ended.errors == line, "\(ended)")
                #expect(Host.text(place + "/sys/kernel/debug/hotmem/faults").contains("name=\(arguments[0]) "))
            }
        }
    }

    @Test func `stand in a machine file, and hold from boot on`() throws {
        try Scratch.with { scratch in
            let file = try scratch.file(
                "m.toml",
                "memory = [{ first = 0, size = \"1G\" }]\n[[fault]]\nkind = \"memmap\"\n[[fault]]\nkind = \"slow\"\ntime = \"1ms\"\n"
            )
            let ended = try scratch.hotmem([
                "run", "--machine", file, "--", "sh", "-c",
                "cd /sys/devices/system/memory; for i in 1 2; do /bin/echo 0x40000000 > probe; done; cat memory8/state",
            ])
            #expect(ended.output == "offline\n", "\(ended)")
            #expect(ended.errors == "/bin/echo: write error: Cannot allocate memory\n", "\(ended)")
        }
    }
}
