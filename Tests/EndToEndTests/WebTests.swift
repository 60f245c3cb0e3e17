// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The page itself is tried in a browser (Tests/Browser).
@Suite struct `A machine in a browser` {
    @Test(arguments: [["web", "--root", "tree"], ["run", "--web", "true"]])
    func `takes a program of its own, and where that is missing it is said how to get it`(command: [String]) throws {
        try Scratch.with { scratch in
            let script = """
                cp "$(command -v hotmem)" . && hotmem mount tree
                PATH=/nowhere ./hotmem "$@"; status=$?
                umount tree; exit $status
                """
            _ = try scratch.directory("tree")
            let ended = try scratch.program(["sh", "-c", script, "sh"] + command).run()
            #expect(ended.ending == .exited(1))
            #expect(ended.errors.contains("hotmem-web is not there; make web builds it"), "\(ended)")
        }
    }

    @Test func `is served by the program beside hotmem, which gets a socket that listens where it was asked for`()
        throws
    {
        try Scratch.with { scratch in
            _ = try scratch.directory("tree")
            _ = try scratch.file("hotmem-web", Self.program)
            let script = """
                chmod +x hotmem-web && cp "$(command -v hotmem)" . && hotmem mount tree; echo \(Self.free) > port
                ./hotmem web --port $(cat port) --root tree; ./hotmem web --port 0 --root "$PWD/tree/"
                umount tree
                """
            let ended = try scratch.program(["sh", "-c", script]).run()
            let tree = "\(scratch.path)/tree"
            #expect(ended.output == "--root \(tree) PORT\n--root \(tree)/ some\n", "\(ended)")
        }
    }

    @Test func `is served beside a command before that starts, at a socket of the network outside`() throws {
        try Scratch.with { scratch in
            _ = try scratch.file("hotmem-web", Self.program)
            let script = """
                chmod +x hotmem-web && cp "$(command -v hotmem)" .
                echo \(Self.free) > port
                ./hotmem run --web-port $(cat port) -- sh -c 'echo command >&2; sleep 0.3; exit 3'
                """
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(ended.ending == .exited(3), "\(ended)")
            #expect(ended.errorLines.first == "--root / PORT", "\(ended)")
            let others: [Substring] = [
                "command", "hotmem: hotmem-web ended with status 0 before the command: its page is gone",
            ]
            #expect(ended.errorLines.dropFirst().sorted() == others, "\(ended)")
        }
    }

    @Test func `is at a port that is free, or it is said that it cannot be`() throws {
        try Scratch.with { scratch in
            _ = try scratch.file("hotmem-web", Self.program)
            let script = """
                chmod +x hotmem-web && cp "$(command -v hotmem)" .
                python3 -c 'if True:
                    import socket, subprocess
                    taken = socket.create_server(("127.0.0.1", 0))
                    port = str(taken.getsockname()[1])
                    print(subprocess.run(["./hotmem", "run", "--web-port", port, "true"]).returncode)'
                """
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(ended.output == "1\n", "\(ended)")
            #expect(ended.errors.contains("of 127.0.0.1: Address already in use; without a port it takes a free one"))
        }
    }

    /// A port that is free, for a shell.
    private static let free = """
        $(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
        """

    /// Tells what it was started with, and where its standard input listens, as it is told by a service manager.
    private static let program = """
        #!/usr/bin/python3
        import os, socket, sys
        listening = socket.socket(fileno=0)
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        address, port = listening.getsockname()
        assert address == "127.0.0.1"
        with open(os.path.dirname(os.path.realpath(__file__)) + "/port") as file: asked = file.read().strip()
        print(*sys.argv[1:], "PORT" if str(port) == asked else "some", flush=True)
        if name := os.environ.get("NOTIFY_SOCKET"):
            notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            notify.sendto(b"READY=1", "\\0" + name[1:])

        """
}
