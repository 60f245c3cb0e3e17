// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Sessions that were recorded from a live kernel, with programs in the places of echo and cat.
///
/// chmem and qemu-ga must succeed and fail where the kernel let the recorded writes succeed and fail, and lsmem must show what it showed.
@Suite struct `Sessions of a live kernel, repeated by programs` {
    @Test(arguments: [
        "dimm", "two-nodes", "zones", "kernelcore", "movable-node", "auto-online", "notifier-errors", "walk-02",
    ])
    func `get the answers that were recorded`(name: String) throws {
        let folder = projectDirectory.appendingPathComponent("Tests/KernelTests")
        let transcript = folder.appendingPathComponent("Transcripts/\(name).jsonl").path
        let head = try JSONDecoder().decode(
            Head.self, from: Data(Host.text(transcript).prefix { $0 != "\n" }.utf8))
        try script(
            "recorded.py", [transcript], on: folder.appendingPathComponent("Machines/\(head.machine).toml").path,
            options: ["--cmdline", head.cmdline])
    }

    private struct Head: Decodable {
        var machine: String
        var cmdline: String
    }
}
