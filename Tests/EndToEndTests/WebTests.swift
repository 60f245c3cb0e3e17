// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The page itself is tried in a browser (Tests/Browser).
@Suite struct `A machine in a browser` {
    @Test func `takes a program of its own, and where that is missing it is said how to get it`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem([
                "run", "--", "sh", "-c", "PATH=$(dirname $(command -v hotmem)); hotmem web",
            ])
            #expect(ended.ending == .exited(1))
            #expect(ended.errors.contains("cannot start hotmem-web: it is not there; make web builds it"), "\(ended)")
        }
    }

    @Test func `is served by the program beside hotmem, which gets what was asked for`() throws {
        try Scratch.with { scratch in
            let directory = try scratch.directory("programs")
            _ = try scratch.file("programs/hotmem-web", "#!/bin/sh\necho \"$@\"\n")
            let script = """
                chmod +x \(directory)/hotmem-web && cp "$(command -v hotmem)" \(directory)
                \(directory)/hotmem web --port 4000 --root /
                """
            let ended = try scratch.hotmem(["run", "--", "sh", "-c", script])
            #expect(ended.output == "--port 4000 --root /\n", "\(ended)")
        }
    }
}
