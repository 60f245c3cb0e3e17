// SPDX-License-Identifier: Apache-2.0

import Foundation
import StateCoding
import Testing

@testable import SysfsTree

/// States that versions of hotmem wrote. They stay readable for ever: one that cannot be read any more is a bug of the code, not
/// of the file.
@Suite struct `Snapshots of earlier versions` {
    /// `Machines.busy(0)`, and permissions of a file.
    @Test func `show what lsmem reads as it was`() throws {
        let file = try #require(Bundle.module.url(forResource: "Snapshots/busy-1.state", withExtension: nil))
        let bytes = Array(try Data(contentsOf: file))
        let browser = Browser(TreeSession(restoring: try StateDecoder().decode(TreeSession.State.self, from: bytes)))
        let memory = "/sys/devices/system/memory"
        #expect(try browser.text("\(memory)/block_size_bytes") == "8000000\n")
        #expect(try browser.text("/sys/devices/system/node/online") == "0-1\n")
        let blocks = try browser.session.entries(of: browser.inode(memory)).map(\.name)
            .filter { $0.hasPrefix("memory") }
        var texts: [String] = []
        for block in blocks {
            let words = try ["state", "removable", "valid_zones"].map { try browser.text("\(memory)/\(block)/\($0)") }
            texts.append("\(block): \(words.joined())".replacing("\n", with: ";"))
        }
        #expect(
            texts == [
                "memory0: online;1;none;", "memory1: online;1;DMA32;", "memory2: offline;1;DMA32 Movable;",
                "memory3: online;1;DMA32;", "memory4: online;1;DMA32;", "memory5: online;1;DMA32;",
                "memory6: online;1;DMA32;", "memory7: online;1;DMA32;", "memory8: online;1;Normal;",
                "memory9: online;1;Movable;", "memory80: offline;1;Normal Movable;",
                "memory81: offline;1;Normal Movable;", "memory82: offline;1;Normal Movable;",
            ])
        #expect(
            try browser.text("/proc/buddyinfo").contains(
                "Node 0, zone   Normal      1      1      1      1      1      1      1      1      1      2     30 \n")
        )
        let status = browser.session.status(of: try browser.inode("\(memory)/memory1/state"))
        #expect(status.attributes.mode & 0o7777 == 0o600 && status.user == 1000)
        try browser.write("\(memory)/memory2/state", "online_movable")
        #expect(try browser.text("\(memory)/memory2/valid_zones") == "Movable\n")
    }
}
