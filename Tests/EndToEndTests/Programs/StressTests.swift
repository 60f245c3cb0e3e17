// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// `stress.py` counts what stress-ng did to each block.
@Suite struct `stress-ng` {
    @Test(arguments: ["default", "two-nodes"])
    func `takes blocks offline and online again, and leaves the machine as it was`(machine: String) throws {
        try script("stress.py", on: machine)
    }

    @Test(arguments: UnusualMachine.allCases)
    func `leaves unusual machines as they were`(machine: UnusualMachine) throws {
        try script("stress.py", on: try machine.path)
    }

    @Test func `leaves an ordinary user's machine as it was`() throws {
        try script("stress.py", by: .nobody)
    }
}
