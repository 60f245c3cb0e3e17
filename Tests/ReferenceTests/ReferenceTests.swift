// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import SysfsTree
import Testing

@testable import hotmem_reference

/// Every file of the tree is in the reference, and nothing else.
@Suite struct `The reference of the tree` {
    /// Whether a text is one sentence, or a few, on one line.
    private func isSaid(_ text: String) -> Bool { text.count > 1 && text.hasSuffix(".") && !text.contains("\n") }

    @Test func `every kind of directory is somewhere in the tree, once`() {
        let kinds = TreeListing.all.map(\.kind)
        #expect(Set(kinds).count == kinds.count)
        #expect(Set(DirectoryKind.allCases).subtracting(kinds) == [.captured])
        for kind in kinds { #expect(isSaid(FileTexts.about(kind)), "\(kind)") }
    }

    @Test func `every file and link is described, and none that is not there`() {
        for listing in TreeListing.all {
            let said = FileTexts.entries(of: listing.kind)
            let names = listing.leaves.map(\.name)
            for name in names where said[name].map({ isSaid($0.text) }) != true {
                Issue.record("\(listing.path)/\(name) needs a sentence in FileTexts")
            }
            #expect(Set(said.keys).subtracting(names).isEmpty, "\(listing.path) has no such files")
        }
    }

    @Test func `directories that share a page have the same files`() {
        let power = TreeListing.all.filter { $0.path.hasSuffix("/power") }
        #expect(power.count >= 10)
        for listing in power {
            #expect("\(listing.kind)".hasSuffix("Power"), "\(listing.path)")
            #expect(listing.entries.map(\.name) == power[0].entries.map(\.name), "\(listing.path)")
        }
    }

    @Test func `pages say which kernels and machines have a file`() throws {
        let pages = ReferencePages(presence: try Presence()).all()
        let block = try #require(pages["Files-block.md"])
        #expect(block.hasPrefix("# memory/memoryN\n") && block.contains("- `/sys/devices/system/memory/memoryN`\n"))
        let document = "documented in `Documentation/ABI/testing/sysfs-devices-memory`"
        #expect(
            block.contains("### valid_zones\n") && block.contains("*Mode 0444 · only on Linux 6.1, 6.18 · \(document)*")
        )
        #expect(block.contains("### end_phys_index\n") && block.contains("only on Linux 3.8 · "))
        #expect(try #require(pages["Files-nodes.md"]).contains("only on i386 · "))
        #expect(try #require(pages["Files-storageBlock.md"]).contains("only on Linux 6.18; s390x · "))
        #expect(pages.count > 20)
        for listing in TreeListing.all where !listing.leaves.isEmpty {
            let page = pages.values.first { $0.contains("- `\(listing.path)`\n") }
            for entry in listing.leaves { #expect(page?.contains("### \(entry.name)\n") == true, "\(listing.path)") }
        }
    }
}
