// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import FuseBridge
import Glibc
import TestSupport
import Testing

@testable import Service

@Suite struct `A service manager` {
    @Test(arguments: ["/tmp/hotmem-notify.\(getpid())", "@hotmem-notify.\(getpid())"])
    func `hears what it is told`(socket: String) throws {
        let listener = Listener(socket)
        let manager = try #require(ServiceManager(socket: socket))
        #expect(manager.tell(.ready, .status("two\nlines")) == 0)
        #expect(listener.next() == "READY=1\nSTATUS=two lines")
        #expect(manager.tell(.reloading(at: 17)) == 0)
        #expect(listener.next() == "RELOADING=1\nMONOTONIC_USEC=17")
        #expect(manager.tell(.stopping) == 0)
        #expect(listener.next() == "STOPPING=1")
    }

    @Test(arguments: ["", "@", "/", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 200)])
    func `has an address that makes sense`(socket: String) {
        #expect(ServiceManager(socket: socket) == nil)
    }

    @Test func `keeps an open file, and forgets it`() throws {
        let listener = Listener("@hotmem-keep.\(getpid())")
        let manager = try #require(ServiceManager(socket: listener.name))
        #expect(manager.keep(STDERR_FILENO, as: "tree") == 0)
        #expect(listener.next() == "FDSTORE=1\nFDNAME=tree")
        #expect(manager.keep(-1, as: "tree") == EBADF)
        #expect(manager.tell(.forget("tree")) == 0)
        #expect(listener.next() == "FDSTOREREMOVE=1\nFDNAME=tree")
    }

    @Test(
        arguments: [
            (["7", "2", "other:tree"], 4), (["7", "1", "tree"], 3), (["8", "1", "tree"], nil),
            (["7", "1", "other:tree"], nil), (["7", "0", ""], nil), (["7", "x", "tree"], nil),
            (["7", "1", nil], nil), ([nil, "1", "tree"], nil),
        ] as [([String?], Int32?)])
    func `gives it back by its name`(values: [String?], descriptor: Int32?) {
        let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
        let kept = ServiceManager.kept(as: "tree", own: 7) { values[names.firstIndex(of: $0)!] }
        #expect(kept == descriptor)
    }

    @Test func `may be gone`() throws {
        let manager = try #require(ServiceManager(socket: "/tmp/hotmem-nobody.\(getpid())"))
        #expect(manager.tell(.ready) == ENOENT)
    }

    @Test func `that is behind holds up nobody who must not wait`() throws {
        let listener = Listener("@hotmem-busy.\(getpid())")
        let manager = try #require(ServiceManager(socket: listener.name))
        var errno: Int32 = 0
        for _ in 0..<100_000 where errno == 0 { errno = manager.tell(.watchdog, waits: false) }
        #expect(errno == EAGAIN)
    }
}

@Suite struct `A watchdog` {
    @Test func `is told at half its time`() {
        #expect(Watchdog.interval(microseconds: "3000000", process: nil, own: 7) == 1_500_000_000)
        #expect(Watchdog.interval(microseconds: "3000000", process: "7", own: 7) == 1_500_000_000)
        #expect(Watchdog.interval(microseconds: "1", process: nil, own: 7) == 500)
    }

    @Test(
        arguments: [
            (nil, nil), ("3000000", "8"), ("3000000", "me"), ("3000000", ""), ("", nil), ("0", nil), ("-1", nil),
            ("3s", nil), ("18446744073709551615", nil), ("99999999999999999999", nil),
        ] as [(String?, String?)])
    func `of somebody else, or without sense, is none`(microseconds: String?, process: String?) {
        #expect(Watchdog.interval(microseconds: microseconds, process: process, own: 7) == nil)
    }

    @Test func `hears again and again`() throws {
        let listener = Listener("@hotmem-watchdog.\(getpid())")
        let watchdog = Watchdog(
            manager: try #require(ServiceManager(socket: listener.name)), every: 1_000_000)
        for _ in 0..<3 {
            let before = FuseSession.now
            #expect(try #require(watchdog.due) <= before)
            watchdog.run()
            #expect(listener.next() == "WATCHDOG=1")
            #expect(try #require(watchdog.due) >= before + 1_000_000)
            while try #require(watchdog.due) > FuseSession.now {}
        }
    }
}

@Suite struct `The journal` {
    @Test func `is known by its socket`() {
        var status = stat()
        let file = open("/dev/null", O_WRONLY)
        defer { close(file) }
        #expect(fstat(file, &status) == 0)
        #expect(JournalStream.isBehind(file, "\(status.st_dev):\(status.st_ino)"))
        for other in [
            nil, "", ":", "\(status.st_dev)", "\(status.st_dev):\(status.st_ino + 1)",
            "\(status.st_dev):\(status.st_ino):1", "a:b",
        ] {
            #expect(!JournalStream.isBehind(file, other))
        }
        #expect(!JournalStream.isBehind(-1, "\(status.st_dev):\(status.st_ino)"))
    }
}
