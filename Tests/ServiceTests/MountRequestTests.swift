// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Service

@Suite struct `A request of mount(8)` {
    @Test func `names a machine and a directory`() throws {
        let request = try MountRequest(["two-nodes", "/srv/m"])
        #expect(request.machine == "two-nodes" && request.directory == "/srv/m")
        #expect(request.options == [] && request.commandLine == "" && request.namespace == nil)
        #expect(!request.isFake && !request.isSloppy && !request.isVerbose)
    }

    @Test func `may come with everything`() throws {
        let words = ["/etc/m.toml", "/srv/m", "-sfnv", "-N", "17", "-o", "rw,allow_other", "-t", "fuse.hotmem"]
        let request = try MountRequest(words)
        #expect(request.machine == "/etc/m.toml" && request.options == ["rw", "allow_other"])
        #expect(request.isFake && request.isSloppy && request.isVerbose && request.namespace == "17")
        #expect(try MountRequest(["-o", "ro", "-vs", "default", "-N/x", "m"]).namespace == "/x")
    }

    @Test func `has kernel parameters among its options`() throws {
        let options = "rw,cmdline=movable_node mem=4G,nofail,cmdline=\"memmap=1G$4G,2G$8G\",context=\"a:b,c\",cmdline="
        let request = try MountRequest(["default", "/m", "-o", options, "-o", "ro"])
        #expect(request.commandLine == "movable_node mem=4G memmap=1G$4G,2G$8G")
        #expect(request.options == ["rw", "nofail", "context=a:b,c", "ro"])
    }

    @Test(
        arguments: [
            ([], "usage: "), (["default"], "usage: "), (["default", "a", "b"], "usage: "), (["-x", "a", "b"], "-x"),
            (["a", "b", "-o"], "-o needs a value"), (["a", "b", "-N"], "-N needs a value"),
            (["", "b"], "the machine has to be"), (["a/b.toml", "b"], "a/b.toml: the machine has to be"),
            (["a", "b", "-o", "remount,ro"], "unmount it first"), (["a", "b", "--help"], "--"),
        ] as [([String], String)])
    func `that makes no sense is refused`(arguments: [String], part: String) {
        let problem = #expect(throws: MountRequest.Problem.self) { try MountRequest(arguments) }
        #expect(problem?.description.contains(part) == true, "\(problem?.description ?? "")")
    }

    @Test func `is known by the program's name`() {
        for name in ["/sbin/mount.fuse.hotmem", "mount.hotmem"] { #expect(MountRequest.isHelper(name)) }
        for name in ["/usr/bin/hotmem", "hotmem", "mount", "/sbin/mount.d/hotmem", ""] {
            #expect(!MountRequest.isHelper(name))
        }
    }
}
