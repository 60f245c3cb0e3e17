// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `A world that cannot be made` {
    /// The steps, as hotmem itself names them.
    private func steps(_ scratch: Scratch) throws -> [String] {
        let ended = try scratch.hotmem(["run", "--fail-at", "no-such-step", "--", "true"])
        #expect(ended.ending == .exited(2), "\(ended)")
        let list = try #require(ended.errors.range(of: "the steps are "), "\(ended)")
        return ended.errors[list.upperBound...].split { ", \n".contains($0) }.map(String.init)
    }

    @Test(arguments: Caller.allCases)
    func `runs nothing and leaves nothing, whichever step fails`(caller: Caller) throws {
        try Scratch.with { scratch in
            let host = Host.now
            let marker = scratch.path + "/marker"
            let works = try scratch.hotmem(["run", "--", "touch", marker], by: caller)
            try #require(works.succeeded && FileManager.default.fileExists(atPath: marker), "\(works)")
            try FileManager.default.removeItem(atPath: marker)

            let steps = try steps(scratch)
            #expect(steps.count >= 10 && steps.last == "command")
            for step in steps {
                let ended = try scratch.hotmem(["run", "--fail-at", step, "--", "touch", marker], by: caller)
                let allowed: [Ending] = step == "command" ? [.exited(1), .exited(126), .exited(127)] : [.exited(1)]
                #expect(allowed.contains(ended.ending), "\(step): \(ended)")
                #expect(ended.errorLines.count == 1 && ended.errors.hasPrefix("hotmem: cannot "), "\(step): \(ended)")
                #expect(ended.output.isEmpty, "\(step): \(ended)")
                #expect(!FileManager.default.fileExists(atPath: marker), "\(step)")
                #expect(scratch.hasNoProcesses, "\(step)")
                #expect(Host.now == host, "\(step)")
            }
        }
    }

    @Test func `runs nothing without a FUSE device`() throws {
        try Scratch.with { scratch in
            let marker = scratch.path + "/marker"
            let script = "mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && exec \"$@\""
            let ended = try scratch.program(
                ["unshare", "--mount", "sh", "-c", script, "sh", "hotmem", "run", "--", "touch", marker]
            ).run()
            #expect(ended.ending == .exited(1), "\(ended)")
            #expect(ended.errorLines.count == 1 && ended.errors.contains("/dev/fuse"), "\(ended)")
            #expect(ended.errors.contains("hotmem export"), "\(ended)")
            #expect(!FileManager.default.fileExists(atPath: marker))
        }
    }

    @Test(arguments: ["mnt", "pid", "net"])
    func `runs nothing where no more namespaces are allowed`(kind: String) throws {
        try Scratch.with { scratch in
            let marker = scratch.path + "/marker"
            let script = "echo 0 > /proc/sys/user/max_\(kind)_namespaces; exec hotmem run -- touch \(marker)"
            // In a user namespace of its own, so that the limit is not the host's.
            let ended = try scratch.program(["unshare", "--user", "--map-root-user", "sh", "-ec", script]).run()
            #expect(ended.ending == .exited(1), "\(ended)")
            #expect(ended.errorLines.count == 1 && ended.errors.contains("/proc/sys/user"), "\(ended)")
            #expect(!FileManager.default.fileExists(atPath: marker))
            #expect(scratch.hasNoProcesses)
        }
    }
}
