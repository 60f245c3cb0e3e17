// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct RefusalTests {
    @Test func `names cannot be made, moved or removed`() throws {
        try withMount { mount, _ in
            #expect(openFailure(mount("new"), O_WRONLY | O_CREAT) == EACCES)
            #expect(openFailure(mount("new"), O_WRONLY) == ENOENT)
            #expect(failure { mkdir(mount("new"), 0o755) } == EPERM)
            #expect(failure { mknod(mount("new"), S_IFREG | 0o644, 0) } == EPERM)
            #expect(failure { unlink(mount("state")) } == EPERM)
            #expect(failure { rmdir(mount("big")) } == EPERM)
            #expect(failure { rename(mount("state"), mount("new")) } == EPERM)
            #expect(failure { link(mount("state"), mount("new")) } == EPERM)
            #expect(failure { symlink("state", mount("new")) } == EPERM)
        }
    }

    @Test func `there are no extended attributes, and none can be set`() throws {
        let setxattr = hidden("setxattr", SetXattr.self)
        let getxattr = hidden("getxattr", GetXattr.self)
        let listxattr = hidden("listxattr", ListXattr.self)
        let removexattr = hidden("removexattr", RemoveXattr.self)
        try withMount { mount, _ in
            for _ in 0..<2 {
                #expect(failure { setxattr(mount("state"), "user.a", "b", 1, 0) } == EOPNOTSUPP)
                #expect(failure { Int32(getxattr(mount("state"), "user.a", nil, 0)) } == EOPNOTSUPP)
                #expect(listxattr(mount("state"), nil, 0) == 0)
                #expect(failure { removexattr(mount("state"), "user.a") } == EOPNOTSUPP)
            }
        }
    }

    @Test func `ioctl, fallocate and fsync answer as on a sysfs`() throws {
        let fallocate = hidden("fallocate", Fallocate.self)
        try withMount { mount, _ in
            let descriptor = open(mount("state"), O_RDWR)
            defer { close(descriptor) }
            var argument: Int32 = 0
            #expect(failure { ioctl(descriptor, UInt(0x5401), &argument) } == ENOTTY)
            #expect(failure { fallocate(descriptor, 0, 0, 10) } == EOPNOTSUPP)
            #expect(failure { fsync(descriptor) } == 0)
        }
    }

    @Test func `statfs says little`() throws {
        try withMount { mount, _ in
            var statistics = statvfs()
            #expect(statvfs(mount.path, &statistics) == 0)
            #expect(statistics.f_blocks == 0)
            #expect(statistics.f_bsize == 4096)
            #expect(statistics.f_namemax == 255)
        }
    }

    @Test(arguments: [(1, 1), (5, 5), (16, 16), (133, 133), (511, 511), (512, 34), (600, 34), (4095, 34), (0, 5)])
    func `an error number arrives if the kernel can carry it`(given: Int32, seen: Int32) throws {
        try withMount { mount, _ in
            #expect(failure { access(mount("error\(given)"), F_OK) } == seen)
        }
    }

    @Test func `a name that is not UTF-8 is looked up repaired`() throws {
        try withMount { mount, toy in
            var path = Array(mount("x").utf8).map { CChar(bitPattern: $0) }
            path += [CChar(bitPattern: 0xff), CChar(bitPattern: 0xc3), 0]
            #expect(failure { access(path, F_OK) } == ENOENT)
            #expect(failure { mkdir(path, 0o755) } == EPERM)
            #expect(toy.state.withLock { $0.names.first } == "x\u{FFFD}\u{FFFD}")
        }
    }
}
