// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import CLinux
import Glibc
import TestSupport
import Testing

@testable import Service

/// A system call by its number, for who may not use the C library's functions.
private typealias Call = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int

/// Runs something in a child of this process, which has threads: system calls only. What it returns is what is returned here.
private func inChild(_ body: () -> Int32) -> Int32 {
    let child = clinux_fork()
    if child == 0 { _exit(body()) }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
}

@Suite struct `A process that has given up its privileges` {
    /// System calls by name, with the first argument that matters, and the numbers that they have here.
    #if arch(x86_64)
        static let denied: [(name: String, number: Int, argument: Int)] = [
            ("execve", 59, 0), ("execveat", 322, -1), ("ptrace", 101, 0), ("process_vm_readv", 310, 0),
            ("process_vm_writev", 311, 0), ("mount", 165, 0), ("umount2", 166, 0), ("pivot_root", 155, 0),
            ("chroot", 161, 0), ("setns", 308, -1), ("unshare: users", 272, 0x1000_0000),
            ("unshare: mounts", 272, 0x2_0000), ("clone: users", 56, 0x1000_0000), ("open_tree", 428, -1),
            ("fsopen", 430, 0), ("bpf", 321, 0), ("perf_event_open", 298, 0), ("init_module", 175, 0),
            ("finit_module", 313, -1), ("delete_module", 176, 0), ("kexec_load", 246, 0), ("reboot", 169, 0),
            ("swapon", 167, 0), ("keyctl", 250, 0), ("add_key", 248, 0), ("userfaultfd", 323, 0),
            ("io_uring_setup", 425, 0), ("open_by_handle_at", 304, -1), ("socket: internet", 41, 2),
            ("socket: packets", 41, 17), ("socket: netlink", 41, 16), ("x32: getpid", 0x4000_0027, 0),
        ]
        static let allowed: [(name: String, number: Int, argument: Int)] = [
            ("getpid", 39, 0), ("socket: local", 41, 1), ("unshare: descriptors", 272, 0x400), ("fork", 57, 0),
            ("clone: threads' kind", 56, 17),
        ]

        @Test(arguments: denied.indices)
        func `may not make system calls that no server makes`(index: Int) {
            let (name, number, argument) = Self.denied[index]
            let call = hidden("syscall", Call.self)
            let within = inChild {
                guard alone({ clinux_confine(CLINUX_CONFINED_SERVER) }) == 0 else { return 255 }
                return call(number, argument, 0, 0, 0, 0, 0) < 0 ? errno : 0
            }
            #expect(within == EPERM, "\(name)")
        }

        @Test(arguments: allowed.indices)
        func `still may what a server does`(index: Int) {
            let (name, number, argument) = Self.allowed[index]
            let call = hidden("syscall", Call.self)
            let within = inChild {
                guard alone({ clinux_confine(CLINUX_CONFINED_SERVER) }) == 0 else { return 255 }
                let result = call(number, argument, 1, 0, 0, 0, 0)
                // In a child of the child's, which fork(2) and clone(2) make.
                if result == 0, name == "fork" || name.hasPrefix("clone") { _exit(0) }
                return result < 0 ? errno : 0
            }
            #expect(within == 0, "\(name)")
        }

        /// What a steward may, and a keeper, each beside what those before may.
        static let errands = ["umount2", "setns", "open_tree"]
        static let beginnings = [
            "execve", "execveat", "mount", "pivot_root", "chroot", "unshare: users", "unshare: mounts",
            "clone: users", "fsopen", "socket: internet", "socket: packets", "socket: netlink",
        ]

        @Test(arguments: denied.indices, [CLINUX_CONFINED_STEWARD, CLINUX_CONFINED_KEEPER])
        func `may make those that it is there for, beside a server`(index: Int, whose: clinux_confinement) {
            let (name, number, argument) = Self.denied[index]
            let isAllowed =
                Self.errands.contains(name) || whose == CLINUX_CONFINED_KEEPER && Self.beginnings.contains(name)
            let call = hidden("syscall", Call.self)
            let within = inChild {
                // With CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_NET_RAW, or the kernel refuses these with the same errno.
                guard alone(but: 1 << 21 | 1 << 18 | 1 << 13, { clinux_confine(whose) }) == 0 else { return 255 }
                let result = call(number, argument, 0, 0, 0, 0, 0)
                if result == 0, name.hasPrefix("clone") { _exit(0) }
                return result < 0 ? errno : 0
            }
            #expect((within != EPERM) == isAllowed, "\(name): \(within)")
        }
    #endif

    /// After giving up all capabilities, or all but some.
    private func alone(but kept: UInt64 = 0, _ body: () -> Int32) -> Int32 {
        var step = CLINUX_PRIVILEGES_VERIFY
        let error = clinux_give_up_privileges(kept, 0, &step)
        return error == 0 ? body() : error
    }

    /// A line of a process's status.
    private static func status(_ process: String, _ name: String) -> String {
        guard let file = fopen("/proc/\(process)/status", "re") else { return "" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, 4096, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix(name + ":") { return text.dropFirst(name.count + 1).filter { !$0.isWhitespace } }
        }
        return ""
    }

    /// Runs something in a child, and looks at that when it has done so.
    private func looking(_ body: () -> Int32, _ look: (String) -> Void) {
        var (said, may): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        pipe(&said)
        pipe(&may)
        let child = clinux_fork()
        if child == 0 {
            var byte = UInt8(truncatingIfNeeded: body())
            write(said[1], &byte, 1)
            close(may[1])
            read(may[0], &byte, 1)
            _exit(0)
        }
        close(said[1])
        var byte: UInt8 = 255
        #expect(read(said[0], &byte, 1) == 1 && byte == 0)
        look("\(child)")
        (said.prefix(1) + may).forEach { _ = close($0) }
        waitpid(child, nil, 0)
    }

    @Test(arguments: [0, 1 << 21, 1 << 21 | 1 << 2 | 1 << 40] as [UInt64])
    func `has those alone that it keeps`(kept: UInt64) {
        var step = CLINUX_PRIVILEGES_VERIFY
        looking({ clinux_give_up_privileges(kept, 0, &step) }) { child in
            for set in ["CapPrm", "CapEff", "CapBnd"] {
                // Where this process has not all of them, a child of it has less.
                let had = UInt64(Self.status("self", set), radix: 16)
                #expect(UInt64(Self.status(child, set), radix: 16) == had.map { $0 & kept }, "\(set)")
            }
            #expect(Self.status(child, "CapInh") == "0000000000000000")
            #expect(Self.status(child, "CapAmb") == "0000000000000000")
            #expect(Self.status(child, "NoNewPrivs") == "1")
        }
    }

    @Test func `has no more of them in programs that it starts`() {
        let words: [UnsafeMutablePointer<CChar>?] = [
            strdup("sh"), strdup("-c"), strdup("grep -q 'CapEff:.*0000000000000000' /proc/self/status"), nil,
        ]
        defer { words.forEach { free($0) } }
        let ended = words.withUnsafeBufferPointer { arguments in
            inChild {
                guard alone({ 0 }) == 0 else { return 254 }
                return execv("/bin/sh", arguments.baseAddress!)
            }
        }
        #expect(ended == 0)
    }

    @Test func `has one thread when it does so`() {
        var step = CLINUX_PRIVILEGES_VERIFY
        // Tests run on threads.
        let error = clinux_give_up_privileges(~0, 1, &step)
        #expect(error == EBUSY && step == CLINUX_PRIVILEGES_THREADS)
        #expect(PrivilegesError(step: step, errno: error).description.contains("more than one thread"))
    }

    @Test func `keeps one for uevents only where the kernel wants it`() {
        // In the network namespace that this process is in, which is nobody's own.
        let own = clinux_listen_uevents()
        defer { close(own) }
        #expect(Privileges(toSendOn: own) == .sendingUevents)
        #expect(Privileges(toSendOn: nil) == .none)
        #expect(Privileges(toSendOn: -1) == .sendingUevents)
    }
}

@Suite struct `A steward` {
    private let place = SharedDirectory.directory("steward")

    private func file(_ text: String) -> String {
        let path = place + "/file"
        let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
        write(descriptor, text, text.utf8.count)
        close(descriptor)
        return path
    }

    @Test func `opens the file, again and again, as it is then`() throws {
        let path = file("one")
        let steward = try Steward(for: place, file: path)
        for text in ["one", "two"] {
            unlink(path)
            _ = file(text)
            let descriptor = try steward.openFile()
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 16)
            #expect(read(descriptor, &bytes, 16) == 3 && String(decoding: bytes.prefix(3), as: UTF8.self) == text)
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(write(descriptor, bytes, 1) == -1)
        }
        unlink(path)
        #expect(throws: StewardError.self) { try steward.openFile() }
        let without = try Steward(for: place, file: nil)
        #expect(throws: StewardError.self) { try without.openFile() }
        rmdir(place)
    }

    @Test func `copies the mount, and unmounts a tree and nothing else, and ends`() throws {
        let steward = try Steward(for: place, file: nil)
        #expect(mount("none", place, "tmpfs", 0, nil) == 0)
        mkdir(place + "/inside", 0o755)
        let copy = try steward.copyOfMount()
        #expect(faccessat(copy, "inside", F_OK, 0) == 0)
        close(copy)
        // A tree that nobody serves, and somebody is in; what it is mounted on stays.
        let device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        defer { close(device) }
        let options = "fd=\(device),rootmode=40000,user_id=0,group_id=0"
        try #require(mount("hotmem", place, "fuse.hotmem", 0, options) == 0)
        let busy = open(place, 0o10000000 | O_DIRECTORY)  // O_PATH
        try steward.unmount()
        #expect(access(place + "/inside", F_OK) == 0)
        close(busy)
        let again = try Steward(for: place, file: nil)
        try again.unmount()
        #expect(access(place + "/inside", F_OK) == 0)
        umount2(place, 0)
        do throws(StewardError) {
            try steward.unmount()
            Issue.record("it is still there")
        } catch { #expect(error.errno == ESRCH) }
        rmdir(place)
    }

    @Test func `says what it could not do`() throws {
        let steward = try Steward(for: place, file: nil)
        rmdir(place)
        do throws(StewardError) {
            try steward.unmount()
            Issue.record("there is nothing to unmount")
        } catch { #expect(error.errno == ENOENT) }
    }

    @Test func `does not enter another mount namespace than was meant`() throws {
        var status = stat()
        stat("/proc/self/ns/mnt", &status)
        let namespace = (path: "/proc/self/ns/mnt", device: UInt64(status.st_dev), inode: UInt64(status.st_ino) + 1)
        let steward = try Steward(for: place, file: nil, namespace: namespace)
        do throws(StewardError) {
            try steward.unmount()
            Issue.record("it went there")
        } catch { #expect(error.errno == ESTALE) }
        rmdir(place)
    }

    @Test func `is asked for nothing else`() throws {
        let steward = try Steward(for: place, file: nil)
        var request: UInt8 = UInt8(ascii: "x")
        send(steward.channel, &request, 1, 0)
        var answer: Int32 = 0
        #expect(recv(steward.channel, &answer, 4, 0) == 4 && answer == EINVAL)
        rmdir(place)
    }
}
