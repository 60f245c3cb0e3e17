// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import Testing

@Suite struct FileTests {
    @Test func `a file reads as its text, whole or in pieces`() throws {
        try withMount { mount, _ in
            #expect(contents(mount("state")) == "online\n")
            #expect(contents(mount("state"), by: 3) == "online\n")
            #expect(contents(mount("state"), by: 1 << 20) == "online\n")
        }
    }

    @Test func `stat gives size, times, block size and links`() throws {
        try withMount { mount, _ in
            var status = stat()
            #expect(stat(mount("state"), &status) == 0)
            #expect(status.st_size == 4096)
            #expect(status.st_blksize == 4096)
            #expect(status.st_mode == S_IFREG | 0o644)
            #expect(status.st_nlink == 1)
            #expect(status.st_ino == 2)
            #expect(status.st_mtim.tv_sec == 1_700_000_000)
        }
    }

    @Test func `the end of a direct_io file is its size, not its text's`() throws {
        try withMount { mount, _ in
            let descriptor = open(mount("state"), O_RDONLY)
            defer { close(descriptor) }
            var byte: UInt8 = 0
            #expect(lseek(descriptor, 0, SEEK_END) == 4096)
            #expect(read(descriptor, &byte, 1) == 0)
            #expect(pread(descriptor, &byte, 1, 1) == 1)
            #expect(byte == UInt8(ascii: "n"))
            #expect(size(mount("state")) == 4096)
        }
    }

    @Test func `a write arrives whole, with its process, and its file is released`() throws {
        try withMount(ToyFileSystem(accepts: 1 << 20)) { mount, toy in
            let bytes = [UInt8](repeating: 65, count: 128 << 10)
            let descriptor = open(mount("state"), O_WRONLY)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
            #expect(toy.state.withLock { $0.writes } == [bytes.count])
            #expect(toy.state.withLock { $0.pid } != 0)
            for _ in 0..<500 where toy.state.withLock({ $0.released.isEmpty }) { usleep(10_000) }
            #expect(toy.state.withLock { $0.released } == [77])
        }
    }

    @Test func `a short count reaches the writer`() throws {
        try withMount { mount, toy in
            let bytes = [UInt8](repeating: 65, count: 1 << 20)
            let descriptor = open(mount("state"), O_WRONLY)
            defer { close(descriptor) }
            #expect(write(descriptor, bytes, bytes.count) == 4096)
            #expect(toy.state.withLock { $0.writes.count } == 1)
        }
    }

    @Test func `O_CREAT and O_TRUNC on a file that exists truncate it by setattr`() throws {
        try withMount { mount, toy in
            #expect(openFailure(mount("state"), O_WRONLY | O_CREAT | O_TRUNC) == 0)
            #expect(toy.state.withLock { $0.truncations } == [0])
            #expect(size(mount("state")) == 4096)
        }
    }

    @Test func `truncate is a setattr too`() throws {
        try withMount { mount, toy in
            #expect(failure { truncate(mount("state"), 7) } == 0)
            #expect(toy.state.withLock { $0.truncations } == [7])
        }
    }

    @Test func `poll passes on what the file system says`() throws {
        try withMount { mount, _ in
            let descriptor = open(mount("state"), O_RDONLY)
            defer { close(descriptor) }
            var question = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
            #expect(poll(&question, 1, 2000) == 1)
            #expect(Int32(question.revents) == POLLPRI | POLLERR)
        }
    }

    @Test func `a link says where it goes`() throws {
        try withMount { mount, _ in
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = bytes.withUnsafeMutableBytes {
                readlink(mount("link"), $0.baseAddress!.assumingMemoryBound(to: CChar.self), 64)
            }
            #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "../elsewhere")
        }
    }

    @Test func `busy polling answers the same`() throws {
        try withMount(busyPollMicroseconds: 100) { mount, _ in
            for _ in 0..<20 { #expect(contents(mount("state")) == "online\n") }
        }
    }
}
