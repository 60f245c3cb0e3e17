// SPDX-License-Identifier: Apache-2.0

import Capture
import MemoryModel

/// Copies of machines' files. Entries have a NUL between them: a letter (f, l or d), a path, and after a newline the file's
/// text or the link's target. An input that begins with + changes a small machine's copy.
enum CaptureTarget {
    static func run(_ bytes: [UInt8]) {
        var tree = FileTree.empty
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "+") {
            tree = copy
            rest = rest.dropFirst()
        }
        for entry in rest.split(separator: 0).prefix(200) { put(entry, in: &tree) }
        take(tree)
    }

    /// What is captured has been checked by the capture itself; what is refused is refused in one line.
    static func take(_ tree: FileTree) {
        do throws(CaptureError) { _ = try Capture(of: tree, name: "fuzz", hints: .init()) } catch {
            let line = error.description
            require(line.hasPrefix("fuzz: "), "does not name the copy: \(line)")
            require(!line.unicodeScalars.contains("\n"), "more than a line: \(line)")
        }
    }

    private static func put(_ entry: ArraySlice<UInt8>, in tree: inout FileTree) {
        let parts = entry.dropFirst().split(
            separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        // As DiskReader has it: names are UTF-8, and none is . or .. .
        guard let path = parts.first.flatMap({ String(validating: $0, as: UTF8.self) }), path.utf8.count < 4096,
            !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { return }
        let text = parts.count > 1 ? Array(parts[1]) : []
        switch entry.first {
        case UInt8(ascii: "f"): tree.put(.file(.bytes(text), mode: 0o644), at: path)
        case UInt8(ascii: "l"): tree.put(.link(String(decoding: text, as: UTF8.self)), at: path)
        case UInt8(ascii: "d"): tree.put(.empty, at: path)
        default: return
        }
    }

    private static let copy: FileTree = {
        let memory = "/sys/devices/system/memory"
        var tree = FileTree.empty
        func put(_ path: String, _ text: String) { tree.put(.file(.bytes(Array(text.utf8)), mode: 0o444), at: path) }
        put("\(memory)/block_size_bytes", "8000000\n")
        for number in 0..<8 {
            put("\(memory)/memory\(number)/state", "online\n")
            put("\(memory)/memory\(number)/valid_zones", number == 0 ? "none\n" : "DMA32\n")
            tree.put(.link("../../node/node0"), at: "\(memory)/memory\(number)/node0")
        }
        return tree
    }()
}
