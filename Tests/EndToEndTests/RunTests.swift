// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@Suite struct `A command in a world` {
    @Test func `gives the command its words, its environment and its directory byte for byte`() throws {
        try Scratch.with { scratch in
            let script = """
                word=$(printf 'a\\377\\200b'); mkdir "$word"; cd "$word"
                V=$word hotmem run -- sh -c 'printf %s "$1$V"; pwd' sh "$word" | od -An -c
                hotmem run --machine "$word" -- true
                """
            let ended = try scratch.program(["sh", "-c", script]).run()
            let words = ended.output.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(Array(words.prefix(8)) == ["a", "377", "200", "b", "a", "377", "200", "b"], "\(ended)")
            #expect(Array(words.suffix(5)) == ["a", "377", "200", "b", "\\n"], "\(ended)")
            #expect(ended.ending == .exited(2) && ended.errors.contains("in UTF-8 only"), "\(ended)")
        }
    }

    @Test func `its exit status is hotmem's`() throws {
        let statuses: [Int32] = [0, 1, 2, 3, 7, 42, 64, 77, 100, 125, 126, 127, 128, 129, 137, 143, 200, 254, 255]
        for status in statuses {
            #expect(try world(shell: "exit \(status)").ending == .exited(status))
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGSEGV, SIGABRT, SIGKILL, SIGPIPE, 40])
    func `hotmem dies of the signal that it dies of`(signal: Int32) throws {
        let ended = try world(shell: "ulimit -c 0; kill -\(signal) $$")
        #expect(ended.ending == .signalled(signal), "\(ended)")
        #expect(ended.errors.isEmpty)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGWINCH], Caller.allCases)
    func `a signal sent to hotmem reaches its trap`(signal: Int32, caller: Caller) throws {
        try Scratch.with { scratch in
            let script = "trap 'echo caught; exit 7' \(signal); echo ready; sleep 1000 & wait; wait; echo missed"
            let command = [try Installation.shared.hotmem, "run", "--", "sh", "-c", script]
            let running = try scratch.program(command, by: caller).start()
            try running.wait(for: "ready\n")
            running.send(signal)
            let ended = running.finish()
            #expect(ended.output == "ready\ncaught\n", "\(ended)")
            #expect(ended.ending == .exited(7))
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `a signal sent to hotmem ends it`(signal: Int32) throws {
        try Scratch.with { scratch in
            let command = [try Installation.shared.hotmem, "run", "--", "sh", "-c", "echo ready; exec sleep 1000"]
            let running = try scratch.program(command).start()
            try running.wait(for: "ready\n")
            running.send(signal)
            let ended = running.finish()
            #expect(ended.ending == .signalled(signal), "\(ended)")
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test(arguments: Caller.allCases)
    func `one that does not exist is 127, one that cannot be executed 126`(caller: Caller) throws {
        try Scratch.with { scratch in
            for (command, status) in [
                ("hotmem-no-such-command", 127), ("\(scratch.path)/missing", 127), ("/etc/passwd", 126),
                (scratch.path, 126),
            ] as [(String, Int32)] {
                let ended = try scratch.hotmem(["run", "--", command], by: caller)
                #expect(ended.ending == .exited(status), "\(ended)")
                #expect(ended.errorLines.count == 1 && ended.errors.hasPrefix("hotmem: \(command): "), "\(ended)")
                #expect(ended.output.isEmpty)
            }
        }
    }

    @Test(arguments: Caller.allCases)
    func `a script without a first line that names its shell is run by sh`(caller: Caller) throws {
        try Scratch.with { scratch in
            let script = try scratch.file("script", "echo $0 \"$2\"\n")
            let ended = try scratch.hotmem(["run", "--", script, "a", "b  c"], by: caller)
            #expect(ended.output == "\(script) b  c\n", "\(ended)")
        }
    }

    @Test func `its input, output and errors are the caller's`() throws {
        try Scratch.with { scratch in
            let command = [try Installation.shared.hotmem, "run", "--", "sh", "-c", "cat; echo problem >&2"]
            var program = scratch.program(command)
            program.input = String(repeating: "line of text\n", count: 20_000)
            let ended = try program.run()
            #expect(ended.output == program.input)
            #expect(ended.errors == "problem\n")
            let piped = try scratch.program(["sh", "-c", "echo through | hotmem run -- cat | tr a-z A-Z"]).run()
            #expect(piped.output == "THROUGH\n", "\(piped)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `its environment is the caller's`(caller: Caller) throws {
        try Scratch.with { scratch in
            var program = scratch.program([try Installation.shared.hotmem, "run", "--", "env", "-0"], by: caller)
            program.environment["SOME_TEXT"] = "two words\nand a line, =, ü"
            let words = Set(try program.run().output.split(separator: "\0"))
            #expect(words.contains("SOME_TEXT=two words\nand a line, =, ü"), "\(words)")
            #expect(words.contains("HOTMEM_E2E=\(scratch.path)"))
            #expect(words.contains("SYSTEMD_DEVICE_VERIFY_SYSFS=0"))
        }
    }

    @Test(arguments: Caller.allCases)
    func `its working directory is the caller's`(caller: Caller) throws {
        try Scratch.with { scratch in
            for directory in [try scratch.directory("two words"), "/", "/usr", "/tmp", "/sys/devices/system/memory"] {
                var program = scratch.program([try Installation.shared.hotmem, "run", "--", "pwd"], by: caller)
                program.directory = directory
                let ended = try program.run()
                #expect(ended.output == directory + "\n", "\(ended)")
            }
        }
    }

    @Test func `a working directory under the tree is the simulated one`() throws {
        try Scratch.with { scratch in
            var program = scratch.program([
                try Installation.shared.hotmem, "run", "--machine", "ppc64", "--", "cat", "block_size_bytes",
            ])
            program.directory = "/sys/devices/system/memory"
            let ended = try program.run()
            #expect(ended.output == "1000000\n", "\(ended)")
        }
    }

    @Test func `its arguments are not touched`() throws {
        let arguments = ["two words", "", "--machine", "-v", "--", "--help", "*", "$HOME", "a\nb", "ü", "--version"]
        let ended = try world(["printf", "%s|"] + arguments)
        #expect(ended.output == arguments.map { $0 + "|" }.joined(), "\(ended)")
    }

    @Test func `it needs no dashes before it`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(["run", "-m", "ppc64", "printf", "%s|", "--machine", "ia64", "-v"])
            #expect(ended.output == "--machine|ia64|-v|", "\(ended)")
        }
    }

    @Test func `it sees the machine and the boot parameters asked for`() throws {
        let ended = try world(
            ["cat", "/proc/cmdline", "/sys/devices/system/memory/memory35/valid_zones"],
            options: ["--cmdline", "kernelcore=2G quiet"])
        #expect(ended.output.hasSuffix("kernelcore=2G quiet\nMovable\n"), "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `it finds sysfs by its mounts`(caller: Caller) throws {
        let ended = try world(shell: "mount -t sysfs | head -1 | cut -d' ' -f3", by: caller)
        #expect(ended.output == "/sys\n", "\(ended)")
        if caller == .root {
            let debugfs = try world(shell: "mount -t debugfs | head -1 | cut -d' ' -f3")
            #expect(debugfs.output == "/sys/kernel/debug\n", "\(debugfs)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `it is root, and can hot-add and switch blocks`(caller: Caller) throws {
        let ended = try world(
            shell: """
                id -u; id -g
                echo 0x140000000 > /sys/devices/system/memory/probe && cat /sys/devices/system/memory/memory40/state
                echo online_movable > /sys/devices/system/memory/memory40/state
                cat /sys/devices/system/memory/memory40/valid_zones
                grep -c . /proc/zoneinfo /proc/meminfo | grep -c -v ":0"
                """, by: caller)
        #expect(ended.output == "0\n0\noffline\nMovable\n2\n", "\(ended)")
    }

    @Test func `memory totals follow what it does`() throws {
        let ended = try world(
            shell: """
                total() { sed -n "s/^MemTotal: *//p" /proc/meminfo | tr -dc 0-9; }
                before=$(total)
                echo 0x140000000 > /sys/devices/system/memory/probe
                [ "$(total)" = "$before" ] && echo same
                echo online > /sys/devices/system/memory/memory40/state
                echo $(($(total) - before))
                """)
        #expect(ended.output == "same\n131072\n", "\(ended)")
    }

    @Test(arguments: Caller.allCases)
    func `a world in a world is another machine`(caller: Caller) throws {
        let ended = try world(
            shell: """
                block_size() { cat /sys/devices/system/memory/block_size_bytes; }
                block_size
                hotmem run --machine ia64 -- cat /sys/devices/system/memory/block_size_bytes
                hotmem run -- sh -c "echo offline > /sys/devices/system/memory/memory1/state"
                hotmem run -- sh -c "exit 9"; echo $?
                block_size; cat /sys/devices/system/memory/memory1/state
                """, on: "ppc64", by: caller)
        #expect(ended.output == "1000000\n40000000\n9\n1000000\nonline\n", "\(ended)")
    }

    @Test func `verbose says every refusal and every uevent on standard error`() throws {
        let script = "cd /sys/devices/system/memory; echo 0x140000000 > probe; /bin/echo x > probe"
        let ended = try world(["sh", "-c", script], options: ["--verbose"])
        #expect(ended.errors.contains("hotmem: uevent add@/devices/system/memory/memory40\n"), "\(ended)")
        #expect(ended.errors.contains("Invalid argument"))
    }
}

@Suite struct `The end of a world` {
    @Test(arguments: Caller.allCases)
    func `background children end with the command`(caller: Caller) throws {
        try Scratch.with { scratch in
            let script = """
                sleep 1000 &
                setsid sleep 1000 > /dev/null 2>&1 < /dev/null &
                (trap "" TERM HUP INT; while :; do :; done) &
                echo done
                """
            let ended = try scratch.hotmem(["run", "--", "sh", "-c", script], by: caller)
            #expect(ended.output == "done\n" && ended.succeeded, "\(ended)")
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test(arguments: Caller.allCases)
    func `nothing is left of it when hotmem is killed`(caller: Caller) throws {
        try Scratch.with { scratch in
            let host = Host.now
            let script = """
                echo 0x140000000 > /sys/devices/system/memory/probe
                exec 3< /sys/devices/system/memory/memory40/state
                sleep 1000 & setsid sleep 1000 & echo ready; wait
                """
            let command = [try Installation.shared.hotmem, "run", "--", "sh", "-c", script]
            let running = try scratch.program(command, by: caller).start()
            try running.wait(for: "ready\n")
            #expect(Host.comesTrue { scratch.processes.count >= 5 })
            running.send(SIGKILL)
            #expect(running.finish().ending == .signalled(SIGKILL))
            #expect(scratch.hasNoProcesses)
            #expect(Host.now == host)
        }
    }

    @Test func `nothing is left of it when hotmem is killed while blocks are written`() throws {
        try Scratch.with { scratch in
            let host = Host.now
            let script = """
                cd /sys/devices/system/memory; echo ready
                while :; do echo offline > memory33/state; echo online > memory33/state; done
                """
            let command = [try Installation.shared.hotmem, "run", "--", "sh", "-c", "(\(script)) & (\(script)) & wait"]
            let running = try scratch.program(command).start()
            try running.wait(for: "ready\nready\n")
            running.send(SIGKILL)
            #expect(running.finish().ending == .signalled(SIGKILL))
            #expect(scratch.hasNoProcesses)
            #expect(Host.now == host)
        }
    }

    @Test(arguments: Caller.allCases)
    func `hotmem ends when the world's command is killed from outside`(caller: Caller) throws {
        try Scratch.with { scratch in
            let command = [
                try Installation.shared.hotmem, "run", "--", "sh", "-c", "sleep 1000 & export NAME=me; exec sleep 2000",
            ]
            let running = try scratch.program(command, by: caller).start()
            var target: pid_t?
            let found = Host.comesTrue {
                target = scratch.processes.first { Host.text("/proc/\($0)/cmdline") == "sleep\u{0}2000\u{0}" }
                return target != nil
            }
            try #require(found)
            kill(try #require(target), SIGKILL)
            let ended = running.finish()
            #expect(ended.ending == .signalled(SIGKILL), "\(ended)")
            #expect(scratch.hasNoProcesses)
        }
    }

    @Test(arguments: Caller.allCases)
    func `the host's memory and mounts are untouched`(caller: Caller) throws {
        try Scratch.with { scratch in
            let host = Host.now
            let script = """
                cd /sys/devices/system/memory
                for state in memory*/state; do echo offline > $state; done 2> /dev/null
                echo online_movable > auto_online_blocks
                echo 0x140000000 > probe
                grep -l offline memory*/state | wc -l
                true
                """
            let ended = try scratch.hotmem(["run", "--", "sh", "-c", script], by: caller)
            #expect(ended.succeeded && ended.output != "0\n", "\(ended)")
            #expect(Host.now == host)
            #expect(scratch.hasNoProcesses)
        }
    }
}
