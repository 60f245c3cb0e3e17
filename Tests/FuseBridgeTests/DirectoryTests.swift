// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Glibc
import Synchronization
import Testing

@Suite struct DirectoryTests {
    private func expectBig(_ mount: Mounted, _ count: Int) {
        let types: [UInt8] = [UInt8(DT_REG), UInt8(DT_DIR), UInt8(DT_LNK)]
        let entries = list(mount("big"))
        #expect(entries.count == count)
        let wrong = entries.enumerated().first { index, entry in
            entry.name != "memory\(index)" || entry.type != types[index % 3]
                || entry.inode != ToyFileSystem.child + UInt64(index)
        }
        #expect(wrong == nil)
    }

    @Test func `five thousand entries come once each, in order, with their types`() throws {
        try withMount { mount, toy in
            expectBig(mount, 5000)
            #expect(toy.state.withLock { $0.directoryReads } > 1)
        }
    }

    @Test func `half a million entries work`() throws {
        try withMount(ToyFileSystem(count: 500_000)) { mount, _ in
            expectBig(mount, 500_000)
        }
    }

    @Test func `a reader can go back to where it was`() throws {
        try withMount { mount, _ in
            let directory = try #require(opendir(mount("big")))
            defer { closedir(directory) }
            for _ in 0..<3000 { _ = readdir(directory) }
            let place = telldir(directory)
            let first = readdir(directory)?.pointee.d_ino
            for _ in 0..<1000 { _ = readdir(directory) }
            seekdir(directory, place)
            #expect(readdir(directory)?.pointee.d_ino == first)
            #expect(first == 4000)
        }
    }

    @Test func `attributes that come with the entries save the lookups`() throws {
        let forever = Timeouts(entry: .infinity, attributes: .infinity)
        try withMount(ToyFileSystem(count: 50), timeouts: forever, readDirectoryPlus: true) { mount, toy in
            expectBig(mount, 50)
            let before = toy.state.withLock { $0.lookups }
            #expect(size(mount("big/memory0")) == 4096)
            #expect(size(mount("big/memory3")) == 4096)
            #expect(toy.state.withLock { $0.lookups } == before)
        }
    }
}
