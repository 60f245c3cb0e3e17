// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The machine with two nodes as a kernel of 2013 shows it: without zones in sysfs, and with a `removable` that may be 0.
let olderMachine = Result {
    let path = try Installation.shared.directory + "/linux-3.8.toml"
    let shown = try Program([try Installation.shared.hotmem, "machine", "show", "two-nodes"]).run()
    guard shown.succeeded else { throw ProgramError(description: "\(shown)") }
    let text = shown.output.replacing("abi = \"linux-6.1\"", with: "abi = \"linux-3.8\"")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
}
