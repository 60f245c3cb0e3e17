// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// One block of each kind.
private let changes = """
    cd /sys/devices/system/memory
    echo 0x140000000 > probe; echo 0x148000000 > probe; echo online_movable > memory40/state
    echo 'alloc name=driver kind=dma block=35 pages=3' > /sys/kernel/debug/hotmem/workload

    """

@Suite struct `A map, from the command line` {
    @Test(arguments: Caller.allCases)
    func `shows the machine that runs`(caller: Caller) throws {
        let ended = try world(shell: changes + "hotmem map", by: caller)
        #expect(ended.succeeded && ended.output.contains("\n   32 n░N N n░N N N n▓M -\n"), "\(ended)")
    }

    @Test func `shows what lsmem says, as JSON`() throws {
        let program = """
            import json, subprocess
            blocks = json.loads(subprocess.check_output(["hotmem", "map", "--json"]))["blocks"]
            lsmem = json.loads(subprocess.check_output(["lsmem", "-a", "-J", "-o", "BLOCK,STATE,NODE"]))["memory"]
            ours = [(number, run["state"], run["node"]) for run in blocks for number in range(run["first"], run["last"] + 1)]
            assert ours == [(int(line["block"]), line["state"], int(line["node"])) for line in lsmem], (ours, lsmem)
            print(len(ours))
            """
        let ended = try world(["python3", "-c", program], on: "two-nodes")
        #expect(ended.output == "64\n", "\(ended)")
    }

    @Test func `draws the README's picture`() throws {
        let commands = DocumentedCommand.all(in: Host.text(projectDirectory.appendingPathComponent("README.md").path))
        let story = try #require(commands.first { $0.script.contains("--svg") })
        try Scratch.with { scratch in
            var program = scratch.program(["sh", "-e", "-c", story.script])
            let directory = try scratch.directory("reader")
            program.directory = directory
            let ended = try program.run()
            let drawn = Host.text(directory + "/story.svg")
            let path = projectDirectory.appendingPathComponent("docs/images/story.svg").path
            #expect(!drawn.isEmpty && drawn == Host.text(path), "\(ended)")
        }
    }

    @Test func `draws SVG that is well-formed`() throws {
        let program = """
            import xml.dom.minidom, sys
            document = xml.dom.minidom.parse("map.svg")
            print(len(document.getElementsByTagName("title")))
            """
        let ended = try world(
            shell: "cd $(mktemp -d) && hotmem map --svg map.svg && python3 -c '\(program)'; rm -r $PWD")
        #expect(ended.output == "32\n", "\(ended)")
    }

    @Test func `follows what changes where there is no terminal, until the machine ends`() throws {
        try mounted { scratch, place in
            let script = """
                hotmem map --root "$0" --follow --node 0 > out & follower=$!
                until grep -q memory out || grep -q cell out; do sleep 0.05; done
                echo offline > "$0"/sys/devices/system/memory/memory33/state
                until grep -q offline out; do sleep 0.05; done
                umount "$0"; wait $follower; echo $?
                """
            let ended = try scratch.program(["dash", "-c", script, place]).run()
            #expect(ended.output == "0\n", "\(ended)")
        }
    }

    @Test(arguments: [[], ["--json"]]) func `ends with its reader, though nothing changes`(options: [String]) throws {
        try mounted { scratch, place in
            let words = ["hotmem map --follow --root \"$0\" \(options.joined()) | head -n 1"]
            var program = scratch.program(["sh", "-c"] + words + [place])
            program.limit = 30
            let ended = try program.run()
            #expect(ended.succeeded && !ended.output.isEmpty, "\(ended)")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2])
    func `leaves the terminal as it was, whatever signal ends it`(number: Int32) throws {
        let program = """
            import os, pty, select, signal, sys, termios, time
            pid, master = pty.fork()
            if pid == 0:
                os.environ.update(TERM="xterm", LANG="C.UTF-8")
                os.execvp("hotmem", ["hotmem", "map", "--follow", "--root", sys.argv[1]])
            before = termios.tcgetattr(master)
            screen = b""
            def until(text):
                global screen
                end = time.time() + 20
                while text not in screen and time.time() < end:
                    if select.select([master], [], [], 0.1)[0]:
                        try: screen += os.read(master, 65536)
                        except OSError: return
            until(b"q: end")
            assert termios.tcgetattr(master) != before
            os.kill(pid, int(sys.argv[2]))
            until(b"\\x1b[?1049l")
            _, status = os.waitpid(pid, 0)
            print(os.waitstatus_to_exitcode(status), termios.tcgetattr(master) == before, b"\\x1b[?25h" in screen)
            """
        try mounted { scratch, place in
            let ended = try scratch.program(["python3", "-c", program, place, "\(number)"]).run()
            #expect(ended.output == "-\(number) True True\n", "\(ended)")
        }
    }

    /// Keys pressed on a terminal of 100 columns, and what is on the screen in the end.
    private func pressed(_ keys: String, on place: String, _ scratch: Scratch) throws -> Ended {
        let program = """
            import os, pty, sys, time, fcntl, termios, struct, re, select
            pid, master = pty.fork()
            if pid == 0:
                os.environ.update(TERM="xterm", LANG="C.UTF-8"); os.environ.pop("NO_COLOR", None)
                time.sleep(0.2)
                os.execvp("hotmem", ["hotmem", "map", "--follow", "--root", sys.argv[1]])
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
            screen = b""
            def read(seconds):
                global screen
                end = time.time() + seconds
                while time.time() < end:
                    if select.select([master], [], [], 0.05)[0]:
                        try: part = os.read(master, 65536)
                        except OSError: return
                        if not part: return
                        screen += part
            def until(text):
                for _ in range(100):
                    if text in screen.split(b"\\x1b[H")[-1]: return
                    read(0.1)
                sys.exit("no %r in %r" % (text, screen[-3000:]))
            until(b"A cell is a block")
            for step in \(keys):
                if isinstance(step, tuple): until(step[0].encode())
                else: os.write(master, step.encode())
            os.write(master, b"q"); read(3)
            _, status = os.waitpid(pid, 0)
            assert screen.rstrip().endswith(b"\\x1b[?1049l"), screen[-200:]
            print(os.waitstatus_to_exitcode(status))
            """
        return try scratch.program(["python3", "-c", program, place]).run()
    }

    @Test func `is walked with keys, and says what lives where the cursor is`() throws {
        try mounted { scratch, place in
            let workload = "\(place)/sys/kernel/debug/hotmem/workload"
            _ = try scratch.program(
                ["dash", "-c", "echo 'alloc name=driver kind=dma block=32 pages=3' > \"$0\"", workload]
            ).run()
            let keys = """
                ["\\x1b[C", ("memory0  several",), "\\x1b[C", ("memory1  DMA32",), "\\x1b[D", ("memory0  several",),
                 "\\x1b[B", ("memory32  Normal: 3 of",), "\\n", ("3 dma pages of driver",), "\\x1b", ("A cell is",),
                 "p", ("PAGE FRAMES",), "\\x1b", ("memory32",), "\\x1b[F", ("memory39",), "\\x1b[H", ("memory0",)]
                """
            let ended = try pressed(keys, on: place, scratch)
            #expect(ended.output == "0\n", "\(ended)")
        }
    }

    @Test func `goes through links to files and to descriptors, and leaves what is there as it is but for its text`()
        throws
    {
        try Scratch.with { scratch in
            let script = """
                map() { hotmem map --machine default --svg "$1"; }
                umask 022; echo old > private; chmod 600 private; ln -s private link; map link
                stat -c '%a %F' private link; tail -n 1 private
                ln -s new dangling; map dangling; tail -n 1 new; stat -c %F dangling
                ln private hard; map private; cmp private hard && stat -c %h hard
                { echo head; map /dev/stdout; echo tail; } > all; sed -n '1p;$p' all; grep -c '</svg>' all
                map /dev/fd/3 3> three; tail -n 1 three; ls -d /dev/stdout
                mkdir shut; echo old > shut/f; chown 65534 shut/f; chmod 555 shut; setpriv --reuid 65534 --clear-groups \\
                    hotmem map --machine default --svg shut/f; tail -n 1 shut/f
                touch mounted; mount --bind private mounted; map mounted; tail -n 1 mounted; umount mounted
                long=$(printf '%0250d' 0); map $long; tail -n 1 $long; echo x > $long; map $long; tail -n 1 $long; ls | wc -l
                """
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(
                ended.output == """
                    600 regular file
                    777 symbolic link
                    </svg>
                    </svg>
                    symbolic link
                    2
                    head
                    tail
                    1
                    </svg>
                    /dev/stdout
                    </svg>
                    </svg>
                    </svg>
                    </svg>
                    10

                    """ && ended.errors == "", "\(ended)")
        }
    }

    @Test(arguments: [
        (["--node", "7"], "hotmem: --node 7: not online; those that are: 0\n"),
        (["--svg", "/nowhere/x.svg"], "hotmem: /nowhere/x.svg: No such file or directory\n"),
    ])
    func `says what was wrong`(options: [String], line: String) throws {
        let ended = try world(["sh", "-c", "exec hotmem map \"$@\"", "sh"] + options)
        #expect(ended.errors == line && !ended.succeeded, "\(ended)")
    }
}
