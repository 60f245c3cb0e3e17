// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Capture

@Suite struct `Archives of strangers` {
    /// A directory that goes when the test ends, with an archive of what a shell makes in it.
    private final class Made {
        let place: String
        var archive: String { place + "/archive.tar" }

        init(_ script: String) throws {
            place = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            try FileManager.default.createDirectory(atPath: place + "/in", withIntermediateDirectories: true)
            let made = ProgramOutput(of: ["sh", "-ec", "cd \"$1\"/in; \(script)", "sh", place])
            try #require(made?.status == 0, "\(made?.text ?? "no sh")")
        }

        deinit { try? FileManager.default.removeItem(atPath: place) }
    }

    /// Whether it was unpacked, and else why not.
    private func refusal(_ made: Made, _ limits: Archive.Limits = .init()) -> String? {
        var wasUnpacked = false
        do throws(CaptureError) {
            _ = try Archive.read(made.archive, limits: limits) { _ in
                wasUnpacked = true
                return .empty
            }
        } catch {
            #expect(!wasUnpacked)
            return error.description
        }
        return nil
    }

    @Test func `are refused before they are unpacked where they hold too much`() throws {
        let files = try Made("touch 1 2 3; tar -cf ../archive.tar 1 2 3")
        #expect(refusal(files, .init(files: 3)) == nil)
        #expect(refusal(files, .init(files: 2))?.contains("more than 2 files or 1024 MiB in it") == true)
        let bytes = try Made("head -c 3000000 /dev/zero > 1; tar -czf ../archive.tar 1")
        #expect(refusal(bytes, .init(bytes: 3_000_000)) == nil)
        #expect(refusal(bytes, .init(bytes: 2_999_999))?.contains("more than") == true)
    }

    @Test func `cannot hide how large a file is that is all hole`() throws {
        let made = try Made("truncate -s 1T hole; tar -cSf ../archive.tar hole")
        #expect(refusal(made)?.contains("more than 8388608 files or 1024 MiB in it") == true)
    }

    @Test func `end where they take too long, or too much memory`() throws {
        // 4 GB of zeros, in few bytes: one stream again and again.
        let made = try Made(
            """
            truncate -s 4G 1; tar -cf - 1 | head -c 512 | bzip2 > head; head -c 100000000 /dev/zero | bzip2 > zeros
            for n in 1 2 3 4 5 6 7 8; do cat zeros zeros zeros zeros zeros; done | cat head - > ../archive.tar
            """)
        #expect(refusal(made, .init(bytes: 8 << 30, seconds: 1))?.contains("takes more than 1 s") == true)
        #expect(refusal(made, .init(memory: 1 << 20)) != nil)
    }

    @Test func `may have names that look like lines of the list`() throws {
        let made = try Made(
            "name=$(printf 'x\\n-rw-r--r-- 0/0 99999999999 2020-01-01 00:00 y'); mkdir \"${name%/*}\"; touch \"$name\" || :; "
                + "tar -cf ../archive.tar .")
        #expect(refusal(made) == nil)
    }

    @Test(
        arguments: [
            ("-rw-r--r-- 0/0            4096 2020-01-01 00:00 a", 4096), ("drwxr-xr-x 0/0 0 2020-01-01 00:00 b/", 0),
            ("crw-r--r-- 0/0             1,3 2020-01-01 00:00 null", 0), ("tar: -rw-r--r-- 0/0 7", nil), ("", nil),
            ("-rw-r--r-- 0/0 99999999999999999999 2020-01-01 00:00 a", .max),
        ] as [(String, Int?)])
    func `are listed a line each`(line: String, size: Int?) {
        #expect(Archive.size(in: Array(line.utf8)[...]) == size)
    }

    @Test func `do not make a program's output more than is looked at`() {
        let much = ProgramOutput(of: ["sh", "-c", "yes | head -c 9000000"])
        #expect(much?.text.utf8.count == ProgramOutput.mostBytes && much?.status == 0)
        var lines = 0
        let endless = ProgramOutput(of: ["yes"]) { _ in
            lines += 1
            return lines > 1000 ? .stop : .drop
        }
        #expect(endless?.wasStopped == true && endless?.text.isEmpty == true)
    }
}
