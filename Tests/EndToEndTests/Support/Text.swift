// SPDX-License-Identifier: Apache-2.0

/// The text without blanks at the ends of lines and without empty lines at its end.
func trimmed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        String(line.reversed().drop { $0 == " " }.reversed())
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.joined(separator: "\n")
}

/// Whether a line of grep's is about a file that cannot be read on a live kernel either.
func isTheKernelsRefusal(_ line: Substring) -> Bool {
    let unreadable = ["probe", "soft_offline_page", "hard_offline_page", "compact", "drivers_probe", "uevent", "eject"]
    return line.hasSuffix("/power/autosuspend_delay_ms: Input/output error")
        || unreadable.contains { line.hasSuffix("/\($0): Permission denied") }
}
