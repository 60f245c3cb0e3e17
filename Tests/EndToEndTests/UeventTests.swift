// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite struct `Uevents in a world` {
    @Test(arguments: Caller.allCases)
    func `each is there when the write that caused it returns`(caller: Caller) throws {
        let ended = try world(["python3", "-B", try Installation.shared.script("uevents.py")], by: caller)
        #expect(ended.succeeded, "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `they come as the kernel sends them, in its order`(caller: Caller) throws {
        let script = """
            cd /sys/devices/system/memory
            echo 0x140000000 > probe
            echo online > memory40/state
            echo "plug id=a size=128M node=1" > /sys/kernel/debug/hotmem/dimm
            echo "change 01234567-89ab-cdef-0123-456789abcdef A=1" > memory40/uevent
            echo 0 > memory40/online
            echo "unplug id=a" > /sys/kernel/debug/hotmem/dimm
            """
        let ended = try world(["python3", try Installation.shared.script("listen.py"), script], by: caller)
        #expect(
            ended.output == """
                listening
                add@/devices/system/memory/memory40
                online@/devices/system/memory/memory40
                add@/devices/system/memory/memory80
                add@/devices/system/node/node1
                change@/devices/system/memory/memory40 SYNTH_UUID=01234567-89ab-cdef-0123-456789abcdef SYNTH_ARG_A=1
                offline@/devices/system/memory/memory40
                remove@/devices/system/memory/memory80
                remove@/devices/system/node/node1

                """, "\(ended)")
        #expect(ended.succeeded)
    }

    @Test func `the host hears none of them`() throws {
        try Scratch.with { scratch in
            // The listener prints what it has when it is told to end, so that nothing is waited for.
            let stop = try scratch.directory("fifo") + "/stop"
            try #require(try scratch.program(["mkfifo", stop]).run().succeeded)
            let script = "exec python3 \"$0\" \"read line < \(stop)\""
            let listener = try scratch.program(
                ["sh", "-c", script, try Installation.shared.script("listen.py")]
            ).start()
            try listener.wait(for: "listening\n")
            let run = try scratch.hotmem([
                "run", "--", "python3", try Installation.shared.script("listen.py"),
                "echo 0x140000000 > /sys/devices/system/memory/probe",
            ])
            #expect(run.output == "listening\nadd@/devices/system/memory/memory40\n", "\(run)")
            _ = try scratch.program(["sh", "-c", "echo > \(stop)"]).run()
            let ended = listener.finish()
            #expect(ended.output == "listening\n", "\(ended)")
            #expect(ended.succeeded, "\(ended)")
        }
    }

    @Test func `two worlds do not hear each other`() throws {
        let script = "echo 0x148000000 > /sys/devices/system/memory/probe"
        let inner = "hotmem run -- sh -c '\(script)'; echo 0x140000000 > /sys/devices/system/memory/probe"
        let ended = try world(["python3", try Installation.shared.script("listen.py"), inner])
        #expect(ended.output == "listening\nadd@/devices/system/memory/memory40\n", "\(ended)")
    }

    /// Mounting makes events of the host's, of its backing device.
    @Test(arguments: Caller.allCases)
    func `a world hears none of the host's`(caller: Caller) throws {
        try Scratch.with { scratch in
            let stop = try scratch.directory("fifo") + "/stop"
            try #require(try scratch.program(["mkfifo", "-m", "666", stop]).run().succeeded)
            let script = "echo 0x140000000 > /sys/devices/system/memory/probe; read line < \(stop)"
            let command = ["env", "EVERYTHING=1", "python3", try Installation.shared.script("listen.py"), script]
            let inside = try scratch.program(
                [try Installation.shared.hotmem, "run", "--"] + command, by: caller
            ).start()
            try inside.wait(for: "listening\n")
            let place = try scratch.directory("place")
            try #require(try scratch.hotmem(["mount", place]).succeeded)
            try #require(try scratch.program(["umount", place]).run().succeeded)
            _ = try scratch.program(["sh", "-c", "echo > \(stop)"]).run()
            let ended = inside.finish()
            #expect(ended.output == "listening\nadd@/devices/system/memory/memory40\n", "\(ended)")
            #expect(ended.succeeded)
        }
    }

    @Test func `where no user namespace may be made, root's world says that it hears the host, and works`() throws {
        try Scratch.with { scratch in
            let command =
                "echo 0 > /proc/sys/user/max_user_namespaces && exec hotmem run -- cat /sys/bus/memory/drivers_autoprobe"
            let ended = try scratch.program(["unshare", "--user", "--map-root-user", "sh", "-c", command]).run()
            #expect(ended.output == "1\n", "\(ended)")
            #expect(ended.errors.contains("this host allows no user namespace"), "\(ended)")
        }
    }
}
