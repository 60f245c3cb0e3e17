// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Presets with one thing changed, in files of their own.
enum UnusualMachine: String, CaseIterable {
    /// Two nodes as a kernel of 2013 shows them: without zones in sysfs, and with a `removable` that may be 0.
    case olderKernel
    /// arm64 with pages of 64 KiB, and so with blocks of 512 MiB.
    case largerPages
    /// ppc64 with pages of 4 KiB.
    case smallerPages
    case largerBlocks

    private var preset: String {
        switch self {
        case .olderKernel: "two-nodes"
        case .largerPages: "arm64"
        case .smallerPages: "ppc64"
        case .largerBlocks: "x86_64"
        }
    }

    /// What stands in the place of the line with the kernel.
    private var lines: String {
        switch self {
        case .olderKernel: "abi = \"linux-3.8\""
        case .largerPages: "abi = \"linux-6.1\"\npage_size = \"64K\""
        case .smallerPages: "abi = \"linux-6.1\"\npage_size = \"4K\""
        case .largerBlocks: "abi = \"linux-6.1\"\nblock_size = \"512M\""
        }
    }

    /// Its file.
    var path: String {
        get throws {
            let path = "\(try Installation.shared.directory)/\(rawValue).toml"
            let shown = try Program([try Installation.shared.hotmem, "machine", "show", preset]).run()
            let text = shown.output.replacing("abi = \"linux-6.1\"", with: lines)
            guard shown.succeeded, text != shown.output else { throw ProgramError(description: "\(shown)") }
            // Other tests may be reading it.
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
    }
}
