// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Runs a script with the system's own systemd-udevd in the world.
private func udevWorld(
    _ rules: String?, _ script: String, options: [String] = ["--udev"], machine: String = "default",
    by caller: Caller = .root, limit: Double = 60
) throws -> Ended {
    try Scratch.with { scratch in
        var options = options
        if let rules { options += ["--rules", try scratch.file("50-test.rules", rules)] }
        let ended = try scratch.hotmem(
            ["run", "--machine", machine] + options + ["--", "sh", "-c", script, "sh", scratch.path], by: caller,
            limit: limit)
        #expect(scratch.hasNoProcesses && scratch.mounts.isEmpty)
        return ended
    }
}

private let probe = "echo 0x140000000 > /sys/devices/system/memory/probe\n"

@Suite struct `udevd in a world` {
    private static let online =
        #"SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online_movable""#

    @Test(arguments: Caller.allCases)
    func `runs the given rules on simulated memory`(caller: Caller) throws {
        let host = Host.now
        let hadDirectory = access("/run/udev", F_OK) == 0
        let rules = Self.online + #", RUN+="/bin/sh -c 'echo $env{ACTION} $env{DEVPATH} >> /run/udev/ran'""#
        let ended = try udevWorld(
            rules + "\n",
            probe
                + "udevadm settle; cd /sys/devices/system/memory; cat memory40/state memory40/valid_zones /run/udev/ran",
            by: caller)
        #expect(ended.output == "online\nMovable\nadd /devices/system/memory/memory40\n", "\(ended)")
        // Who is not root may not have a large buffer.
        let complaints = ended.errorLines.filter { !$0.contains("receive buffer size") }
        #expect(ended.succeeded && complaints.isEmpty, "\(ended)")
        #expect(Host.now == host && (access("/run/udev", F_OK) == 0) == hadDirectory)
    }

    @Test(arguments: Caller.allCases)
    func `udevadm works in it`(caller: Caller) throws {
        let script = """
            udevadm monitor --kernel --udev > $1/monitor &
            monitor=$!
            until grep -q 'UDEV - ' $1/monitor; do sleep 0.01; done
            \(probe)
            udevadm settle
            udevadm info --query=property /sys/devices/system/memory/memory40 | grep TOUCHED
            udevadm info --export-db | grep -c '^P: /devices/system/memory/'
            udevadm test --action=change /sys/devices/system/memory/memory7 2>&1 | grep TOUCHED
            udevadm trigger && udevadm settle && echo triggered
            udevadm info --query=property /sys/devices/system/memory/memory3 | grep TOUCHED
            udevadm control --ping && echo there
            # settle waits for udevd, not for who listens to it.
            for i in $(seq 1000); do
                [ "$(grep -cE '^UDEV.* change .*/memory[0-9]+ ' $1/monitor)" -ge 33 ] && break; sleep 0.01
            done
            kill $monitor; wait $monitor
            grep -cE '^KERNEL.* change .*/memory[0-9]+ ' $1/monitor
            grep -cE '^UDEV.* change .*/memory[0-9]+ ' $1/monitor
            grep -cE '^(KERNEL|UDEV).* add .*/memory40 ' $1/monitor
            grep -vE '^$|devices/(system/(memory|node|cpu)|LNXSYSTM:00)/|bus/|monitor will|the kernel uevent|after rule' \
                $1/monitor || echo nothing else
            """
        let ended = try udevWorld(#"SUBSYSTEM=="memory", ENV{TOUCHED}="$env{ACTION}""# + "\n", script, by: caller)
        #expect(
            ended.output
                == "TOUCHED=add\n33\nTOUCHED=change\ntriggered\nTOUCHED=change\nthere\n33\n33\n2\nnothing else\n",
            "\(ended)")
    }

    @Test func `only the given rules apply, or the machine's too, and a given one goes first`() throws {
        try Scratch.with { scratch in
            // A machine with rules of its own; the mounts are the test's.
            let rule = { (word: String) in "SUBSYSTEM==\"memory\", ENV{\(word)}=\"1\"\n" }
            let system = try scratch.directory("system")
            _ = try scratch.file("system/10-host.rules", rule("HOST"))
            _ = try scratch.file("system/20-same.rules", rule("OLD"))
            let given = try scratch.directory("given")
            _ = try scratch.file("given/20-same.rules", rule("GIVEN"))
            let inside =
                "udevadm trigger --subsystem-match=memory; udevadm settle; "
                + "udevadm info --query=property /sys/devices/system/memory/memory1 | grep -E 'HOST|OLD|GIVEN' | tr '\\n' ' '"
            for (options, expected) in [
                ("--udev", ""), ("--system-rules", "HOST=1 OLD=1 "), ("--rules \(given)/20-same.rules", "GIVEN=1 "),
                ("--system-rules --rules \(given)/20-same.rules", "HOST=1 GIVEN=1 "),
            ] {
                let script =
                    "mkdir -p /etc/udev/rules.d; mount --bind \(system) /etc/udev/rules.d; "
                    + "hotmem run \(options) -- sh -c \"$0\""
                let ended = try scratch.program(["unshare", "--mount", "sh", "-ec", script, inside]).run()
                let words = ended.output.split(separator: " ").sorted()
                #expect(words == expected.split(separator: " ").sorted(), "\(options): \(ended)")
            }
        }
    }

    @Test func `the host's devices are not there, and its sysfs is read-only`() throws {
        let ended = try udevWorld(
            nil,
            "ls /sys/class; ls /sys/bus; touch /sys/kernel/x; echo 1 > /sys/kernel/mm/ksm/run; touch /dev/x; "
                + "sh -c 'echo 60 > /proc/sys/vm/swappiness'; touch /run/udev/rules.d/x")
        #expect(ended.output == "acpi\ncontainer\ncpu\nmemory\nnode\n", "\(ended)")
        #expect(ended.errors.components(separatedBy: "Read-only file system").count == 5, "\(ended)")
    }

    @Test func `it changes nothing in the host's dev, and loads no module`() throws {
        try Scratch.with { scratch in
            let name = "hotmem-test-\(getpid())"
            let node = "/dev/" + name
            try #require(mknod(node, S_IFCHR | 0o600, 0x0103) == 0)
            defer { unlink(node) }
            let rules = try scratch.file(
                "a.rules", "KERNEL==\"\(name)\", MODE=\"0604\", OPTIONS+=\"static_node=\(name)\"\n")
            for options in [["--rules", rules], ["--rules", rules, "--system-rules"]] {
                let script =
                    "for process in /proc/[0-9]*; do grep -qs systemd-udevd $process/comm && "
                    + "grep CapBnd $process/status; done; udevadm trigger; udevadm settle; "
                    + "chmod 644 \(node) 2> /dev/null; stat -c %a \(node)"
                let ended = try scratch.hotmem(["run"] + options + ["--", "sh", "-c", script])
                let set = ended.output.firstMatch(of: /CapBnd:\t([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) }
                // CAP_SYS_MODULE.
                #expect(try #require(set, "\(ended)") & (1 << 16) == 0)
                #expect(ended.output.hasSuffix("\n600\n"), "\(ended)")
                var status = stat()
                #expect(stat(node, &status) == 0 && status.st_mode & 0o777 == 0o600)
            }
        }
    }

    @Test func `it loads no module, whatever its caller leaves it`() throws {
        try Scratch.with { scratch in
            let script =
                "for process in /proc/[0-9]*; do grep -qs systemd-udevd $process/comm && "
                + "grep -E 'Cap(Inh|Prm|Eff|Bnd)' $process/status; done"
            let hotmem = try Installation.shared.hotmem
            let ended = try scratch.program(
                ["setpriv", "--inh-caps", "+sys_module", hotmem, "run", "--udev", "--", "sh", "-c", script]
            ).run()
            let sets = ended.output.matches(of: /Cap...:\t([0-9a-f]+)/).compactMap { UInt64($0.1, radix: 16) }
            #expect(sets.count == 4 && sets.allSatisfy { $0 & (1 << 16) == 0 }, "\(ended)")
        }
    }

    @Test func `nobody's ceasing to read its log ends it`() throws {
        try Scratch.with { scratch in
            let rules = try scratch.file(
                "a.rules", String(repeating: "SUBSYSTEM==\"memory\", FOO==\"x\"\n", count: 60) + Self.online + "\n")
            let state = scratch.path + "/state"
            let script = probe + "udevadm settle; cat /sys/devices/system/memory/memory40/state > \(state)"
            for options in ["", "--udev-log -"] {
                let line = "hotmem run --rules \(rules) \(options) -- sh -c \"$0\" 2>&1 | head -n 1"
                let ended = try scratch.program(["sh", "-c", line, script]).run()
                #expect(Host.comesTrue { Host.text(state) == "online\n" }, "\(options): \(ended)")
                unlink(state)
            }
        }
    }

    @Test func `a working directory that it covers is the world's, too`() throws {
        try Scratch.with { scratch in
            for directory in ["/run", "/dev", "/usr/lib/udev/rules.d", "/proc/sys/vm"] {
                let script =
                    "[ \"$(ls -A .)\" = \"$(ls -A \(directory))\" ] && echo the same; "
                    + "touch ./hotmem-test 2> /dev/null"
                var program = scratch.program([
                    try Installation.shared.hotmem, "run", "--udev", "--", "sh", "-c", script,
                ])
                program.directory = directory
                let ended = try program.run()
                #expect(ended.output == "the same\n", "\(ended)")
                #expect(access(directory + "/hotmem-test", F_OK) != 0, "\(directory)")
            }
        }
    }

    @Test func `a rule that the machine has masked can be tried`() throws {
        try Scratch.with { scratch in
            let masked = try scratch.directory("masked")
            try #require(symlink("/dev/null", masked + "/20-same.rules") == 0)
            let rules = try scratch.file("20-same.rules", #"SUBSYSTEM=="memory", ENV{GIVEN}="1""# + "\n")
            let inside =
                "udevadm trigger --subsystem-match=memory; udevadm settle; [ -c /dev/null ] && "
                + "udevadm info --query=property /sys/devices/system/memory/memory1 | grep GIVEN"
            let script =
                "mkdir -p /etc/udev/rules.d; mount --bind \(masked) /etc/udev/rules.d; "
                + "hotmem run --system-rules --rules \(rules) -- sh -c \"$0\""
            let ended = try scratch.program(["unshare", "--mount", "sh", "-ec", script, inside]).run()
            #expect(ended.output == "GIVEN=1\n", "\(ended)")
        }
    }

    @Test func `what it logs goes where it is wanted`() throws {
        try Scratch.with { scratch in
            let rules = try scratch.file("a.rules", Self.online + "\n")
            let log = scratch.path + "/log"
            let script = probe + "udevadm settle"
            let quiet = try scratch.hotmem(["run", "--rules", rules, "--", "sh", "-c", script])
            #expect(quiet.succeeded && quiet.errors.isEmpty, "\(quiet)")
            let logged = try scratch.hotmem(["run", "--udev-log", log, "--rules", rules, "--", "sh", "-c", script])
            #expect(logged.succeeded && logged.errors.isEmpty, "\(logged)")
            #expect(Host.text(log).contains("memory40/state' writing 'online_movable'"), "\(Host.text(log))")
            let here = try scratch.hotmem(["run", "--udev-log", "-", "--rules", rules, "--", "sh", "-c", script])
            #expect(here.errors.contains("memory40/state' writing 'online_movable'"), "\(here)")
            // Its number is not taken for a closed standard stream's.
            let closed = "hotmem run --udev-log \(log).2 -- true <&-"
            #expect(try scratch.program(["sh", "-c", closed]).run().succeeded)
            #expect(Host.text(log + ".2").contains("children_max"), "\(Host.text(log + ".2"))")
        }
    }

    @Test func `a line that is no rule is said, with its number, and the others apply`() throws {
        let ended = try udevWorld(
            "SUBSYSTEM==\"memory\", FOO==\"x\"\n" + Self.online + "\n",
            probe + "udevadm settle; cat /sys/devices/system/memory/memory40/state")
        #expect(ended.succeeded && ended.output == "online\n", "\(ended)")
        #expect(ended.errors.contains("50-test.rules:1 Invalid key 'FOO'"), "\(ended)")
    }

    @Test func `a program that fails is said`() throws {
        let ended = try udevWorld(
            #"SUBSYSTEM=="memory", RUN+="/no/such/program", RUN+="/bin/false""# + "\n", probe + "udevadm settle")
        #expect(ended.succeeded && ended.errors.contains("/no/such/program"), "\(ended)")
        #expect(ended.errors.contains("'/bin/false' failed with exit code 1"), "\(ended)")
    }

    @Test func `rules can be changed while it runs`() throws {
        let ended = try udevWorld(
            nil,
            """
            echo 'SUBSYSTEM=="memory", ENV{SEEN}="1"' > /run/udev/rules.d/50-new.rules
            udevadm control --reload && udevadm trigger --subsystem-match=memory && udevadm settle
            udevadm info --query=property /sys/devices/system/memory/memory1 | grep SEEN
            """)
        #expect(ended.output == "SEEN=1\n" && ended.errors.isEmpty, "\(ended)")
    }

    @Test func `what udevadm verify finds is said, where there is one`() throws {
        try Scratch.with { scratch in
            _ = try scratch.directory("bin")
            _ = try scratch.executable("bin/udevadm", "#!/bin/sh\necho \"$*: style\"; exit 1\n")
            let rules = try scratch.file("a.rules", Self.online + "\n")
            var program = scratch.program([try Installation.shared.hotmem, "run", "--rules", rules, "--", "true"])
            program.environment["PATH"] = "\(scratch.path)/bin:\(Program.searchPath)"
            let ended = try program.run()
            #expect(ended.succeeded && ended.errors == "verify --no-style \(rules): style\n", "\(ended)")
        }
    }

    @Test func `rules that cannot be read are refused before anything starts`() throws {
        try Scratch.with { scratch in
            let rules = try scratch.file("a.rules", "\n")
            let other = try scratch.directory("other")
            _ = try scratch.file("other/a.rules", "\n")
            let text = try scratch.file("a.txt", "\n")
            let fifo = scratch.path + "/fifo.rules"
            try #require(mkfifo(fifo, 0o600) == 0)
            for (options, part) in [
                (["--rules", "/no/such.rules"], "/no/such.rules: No such file or directory"),
                (["--rules", text], "rename it"), (["--rules", fifo], "fifo.rules: no regular file"),
                (["--rules", "/etc/udev"], "/etc/udev: a directory"),
                (["--rules", rules, "--rules", other + "/a.rules"], "another file named a.rules was given"),
                (["--rules", rules, "--udev-log", rules], "a.rules: is read for what would be written there"),
                (["--udev-log", "/no/such/log"], "/no/such/log: No such file or directory"),
                (["--helper", "/no/such/program"], "give the path of a program"),
                (["--helper", text], "a.txt: not a program"), (["--helper", "/tmp"], "/tmp: not a program"),
            ] {
                chmod(text, 0o644)
                let ended = try scratch.hotmem(["run"] + options + ["--", "touch", "\(scratch.path)/ran"])
                #expect(ended.ending == .exited(2) && ended.errorLines.count == 1, "\(ended)")
                #expect(ended.errors.contains(part), "\(ended)")
            }
            #expect(access(scratch.path + "/ran", F_OK) != 0)
        }
    }

    @Test func `without udevd it says what to install`() throws {
        try Scratch.with { scratch in
            let script =
                "mount -t tmpfs none /usr/lib/systemd; [ -h /lib ] || mount -t tmpfs none /lib/systemd; "
                + "exec hotmem run --udev -- touch \(scratch.path)/ran"
            let ended = try scratch.program(["unshare", "--mount", "sh", "-ec", script]).run()
            #expect(ended.ending == .exited(1) && ended.errors.contains("apt install udev"), "\(ended)")
            #expect(access(scratch.path + "/ran", F_OK) != 0)
        }
    }

    @Test func `a udevd that dies is said, with what it missed, and the command goes on`() throws {
        let ended = try udevWorld(
            Self.online + "\n",
            """
            for process in /proc/[0-9]*; do
                case $(cat $process/comm) in systemd-udevd) kill -9 ${process#/proc/};; esac
            done
            while grep -qs systemd-udevd /proc/[0-9]*/comm; do sleep 0.01; done; sleep 0.2
            \(probe)
            cat /sys/devices/system/memory/memory40/state; exit 5
            """)
        #expect(ended.ending == .exited(5) && ended.output == "offline\n", "\(ended)")
        #expect(ended.errors.contains("hotmem: systemd-udevd was ended by signal 9 before the command"), "\(ended)")
        #expect(ended.errors.contains("hotmem: uevents sent after systemd-udevd had ended: 1"), "\(ended)")
    }

    @Test func `a slow program holds nobody up`() throws {
        let rules = #"SUBSYSTEM=="memory", ACTION=="add", RUN+="/bin/sleep 100""# + "\n"
        let start = Date()
        let ended = try udevWorld(
            rules,
            probe
                + "udevadm settle --timeout=1 || echo still; echo online > /sys/devices/system/memory/memory40/state; "
                + "cat /sys/devices/system/memory/memory40/state")
        #expect(ended.output == "still\nonline\n", "\(ended)")
        #expect(Date().timeIntervalSince(start) < 30)
    }

    @Test func `a thousand blocks come online by rule, none is missed`() throws {
        let ended = try udevWorld(
            Self.online + "\n",
            """
            i=40
            while [ $i -lt 1040 ]; do printf '0x%x' $((i << 27)) > /sys/devices/system/memory/probe; i=$((i+1)); done
            udevadm settle
            cat /sys/devices/system/memory/memory*/state | sort | uniq -c | tr -s ' '
            cat /sys/devices/system/node/has_memory
            """, limit: 120)
        #expect(ended.output == " 1032 online\n0\n", "\(ended)")
        #expect(ended.errors.isEmpty, "\(ended)")
    }

    @Test func `it hears of every block of a large machine`() throws {
        try Scratch.with { scratch in
            let machine = try scratch.file(
                "large.toml",
                """
                block_size = "128M"
                [[memory]]
                first = 0
                size = "3G"
                [[memory]]
                first = "4G"
                size = "253G"
                """)
            let rules = try scratch.file("a.rules", #"SUBSYSTEM=="memory", ENV{SEEN}="1", TAG+="seen""# + "\n")
            let script = "udevadm trigger --subsystem-match=memory && udevadm settle && ls /run/udev/tags/seen | wc -l"
            let ended = try scratch.hotmem(
                ["run", "--machine", machine, "--rules", rules, "--", "sh", "-c", script], limit: 120)
            #expect(ended.output == "2048\n" && ended.errors.isEmpty, "\(ended)")
        }
    }
}

@Suite struct `A uevent helper` {
    @Test(arguments: Caller.allCases)
    func `is started per uevent, as the kernel starts one`(caller: Caller) throws {
        try Scratch.with { scratch in
            let out = try scratch.directory("out")
            let helper = try scratch.executable(
                "helper", "#!/bin/sh\nenv | sort > \(out)/$1-$ACTION.new; mv \(out)/$1-$ACTION.new \(out)/$1-$ACTION\n")
            let script = """
                \(probe)
                echo 'plug id=d1 size=128M node=1' > /sys/kernel/debug/hotmem/dimm
                for _ in $(seq 200); do [ -e \(out)/node-add ] && [ -e \(out)/memory-add ] && break; sleep 0.02; done
                grep -v -e PWD -e SEQNUM -e OLDPWD -e '^_=' \(out)/node-add
                grep -c SEQNUM \(out)/memory-add
                """
            let ended = try scratch.hotmem(["run", "--helper", helper, "--", "sh", "-c", script], by: caller)
            #expect(
                ended.output == """
                    ACTION=add
                    DEVPATH=/devices/system/node/node1
                    HOME=/
                    PATH=/sbin:/bin:/usr/sbin:/usr/bin
                    SUBSYSTEM=node
                    1

                    """, "\(ended)")
            #expect(ended.succeeded && scratch.hasNoProcesses, "\(ended)")
        }
    }

    @Test func `keeps up with hundreds of uevents at once`() throws {
        try Scratch.with { scratch in
            let out = try scratch.directory("out")
            let helper = try scratch.executable("helper", "#!/bin/sh\n: > \(out)/$SEQNUM\n")
            let script = """
                for i in $(seq 300); do echo change > /sys/devices/system/memory/memory1/uevent; done
                for _ in $(seq 500); do [ $(ls \(out) | wc -l) = 300 ] && break; sleep 0.02; done; ls \(out) | wc -l
                """
            let ended = try scratch.hotmem(["run", "--helper", helper, "--", "sh", "-c", script])
            #expect(ended.output == "300\n" && ended.errors.isEmpty, "\(ended)")
        }
    }
}

@Suite struct `A listener that does not read` {
    /// A socket with the smallest buffer, and more uevents than it can hold.
    private static let script = """
        import socket, time
        events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
        events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        events.bind((0, 1))
        for _ in range(300):
            open("/sys/devices/system/memory/memory3/uevent", "w").write("change")
        got = 0
        events.setblocking(False)
        while True:
            try:
                events.recv(8192)
                got += 1
            except OSError as error:
                if error.errno == 105: continue
                break
        print(got)
        """

    @Test(arguments: Caller.allCases)
    func `holds nobody up, and what it lost is said, though it is gone`(caller: Caller) throws {
        let ended = try world(
            ["sh", "-c", "python3 -c \"$0\"; sleep 2; hotmem events --only lost --json", Self.script], by: caller)
        let lines = ended.output.split(separator: "\n").map(String.init)
        let got = try #require(Int(lines.first ?? ""), "\(ended)")
        let lost = lines.dropFirst().compactMap { line in
            line.firstMatch(of: /"uevents": ([0-9]+)/).flatMap { Int($0.1) }
        }
        // It may have taken what it lost in its last millisecond along.
        #expect((250...300).contains(got + lost.reduce(0, +)), "\(ended)")
        #expect(ended.errors.contains("did not read in time and lost: "), "\(ended)")
    }
}
