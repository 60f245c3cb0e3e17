// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What `hotmem check` says on standard output. Who wants the results in a file gets that whatever becomes of this.
struct CheckOutput {
    /// Whether there is nothing else to be done where it cannot be written.
    let isNeeded: Bool
    private var error: Int32 = 0

    init(isNeeded: Bool) {
        self.isNeeded = isNeeded
        // A reader that goes is not to end the process.
        if !isNeeded { signal(SIGPIPE, SIG_IGN) }
    }

    mutating func add(_ text: String) {
        guard error == 0 else { return }
        error = Terminal.tryToPrint(text)
        if isNeeded { end() }
    }

    /// Ends the process if something could not be written.
    func end() {
        if error != 0 { Terminal.endUnheard(error, status: 2) }
    }
}
