// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import Testing

@Suite struct SessionTests {
    @Test func `exit ends run, and the mount stays until unmount`() throws {
        let mounted = try Mounted(ToyFileSystem())
        #expect(contents(mounted("state")) == "online\n")
        mounted.session.exit()
        #expect(mounted.ended() == 0)
        #expect(mounted.session.descriptor >= 0)
        mounted.session.unmount()
        #expect(mounted.session.descriptor == -1)
        #expect(rmdir(mounted.path) == 0)
    }

    @Test(.enabled(if: geteuid() == 0)) func `umount ends run`() throws {
        let mounted = try Mounted(ToyFileSystem())
        #expect(contents(mounted("state")) == "online\n")
        #expect(umounted(mounted.path))
        #expect(mounted.ended() == 0)
        mounted.close()
    }

    @Test func `unmount from another thread ends run and unmounts`() throws {
        let mounted = try Mounted(ToyFileSystem())
        mounted.session.unmount()
        #expect(mounted.ended() == 0)
        #expect(rmdir(mounted.path) == 0)
    }

    @Test func `a session that is not mounted does not run`() throws {
        let session = try FuseSession(fileSystem: ToyFileSystem())
        #expect(session.perform(.contents(1)) == ENODEV)
        #expect(session.run() == EBADF)
    }

    @Test(.enabled(if: geteuid() == 0)) func `a mounted descriptor can be taken over`() throws {
        let path = temporaryDirectory()
        let descriptor = open("/dev/fuse", O_RDWR)
        #expect(mount("toy", path, "fuse", 0, "fd=\(descriptor),rootmode=40000,user_id=0,group_id=0") == 0)
        let session = try FuseSession(fileSystem: ToyFileSystem())
        try session.mount(at: "/dev/fd/\(descriptor)")
        let mounted = Mounted(session, path: path)
        #expect(contents(mounted("state")) == "online\n")
        #expect(umounted(path))
        #expect(mounted.ended() == 0)
        rmdir(path)
    }

    @Test func `unknown options are an error with libfuse's reason`() throws {
        let error = #expect(throws: FuseSessionError.self) {
            try FuseSession(fileSystem: ToyFileSystem(), options: ["fsname=a", "no_such_thing"])
        }
        #expect(error?.kind == .options)
        #expect(error?.description.contains("no_such_thing") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `a mount point has to be a directory that exists`() throws {
        let session = try FuseSession(fileSystem: ToyFileSystem())
        for (path, reason) in [("/no/such/place", "no such directory"), ("/etc/passwd", "not a directory")] {
            let error = #expect(throws: FuseSessionError.self) { try session.mount(at: path) }
            #expect(error?.kind == .mountPoint)
            #expect(error?.description == "\(path): \(reason)")
        }
    }

    @Test func `libfuse's refusal is one line`() throws {
        let session = try FuseSession(fileSystem: ToyFileSystem())
        let error = #expect(throws: FuseSessionError.self) { try session.mount(at: "/dev/fd/0x") }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains("\n") == false)
    }
}

@Suite struct InvalidationTests {
    @Test func `a name that was missing appears after its invalidation`() throws {
        let forever = Timeouts(entry: .infinity, attributes: .infinity, negative: .infinity)
        try withMount(timeouts: forever) { mount, toy in
            #expect(failure { access(mount("hidden"), F_OK) } == ENOENT)
            toy.state.withLock { $0.hidden = false }
            #expect(failure { access(mount("hidden"), F_OK) } == ENOENT)
            #expect(mount.session.perform(.entry(parent: 1, name: "hidden")) == 0)
            #expect(failure { access(mount("hidden"), F_OK) } == 0)
            toy.state.withLock { $0.hidden = true }
            #expect(failure { access(mount("hidden"), F_OK) } == 0)
            #expect(mount.session.perform(.entry(parent: 1, name: "hidden")) == 0)
            #expect(failure { access(mount("hidden"), F_OK) } == ENOENT)
        }
    }

    @Test func `attributes change after their invalidation`() throws {
        let forever = Timeouts(entry: .infinity, attributes: .infinity)
        try withMount(timeouts: forever) { mount, toy in
            #expect(size(mount("state")) == 4096)
            toy.state.withLock { $0.size = 8 }
            #expect(size(mount("state")) == 4096)
            #expect(mount.session.perform(.attributes(ToyFileSystem.attribute)) == 0)
            #expect(size(mount("state")) == 8)
            toy.state.withLock { $0.size = 9 }
            #expect(mount.session.perform(.contents(ToyFileSystem.attribute)) == 0)
            #expect(size(mount("state")) == 9)
        }
    }

    @Test func `attributes that hold for a moment are asked for again`() throws {
        let forever = Timeouts(entry: .infinity, attributes: .infinity)
        try withMount(timeouts: forever) { mount, toy in
            toy.state.withLock { $0.isMomentary = true }
            #expect(size(mount("state")) == 4096)
            toy.state.withLock { $0.size = 8 }
            #expect(size(mount("state")) == 8)
        }
    }

    @Test func `what the kernel does not hold is invalid already`() throws {
        try withMount { mount, _ in
            #expect(contents(mount("state")) == "online\n")
            #expect(mount.session.perform(.contents(4_000_000)) == 0)
            #expect(mount.session.perform(.entry(parent: 1, name: "nothing")) == 0)
        }
    }
}
