// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// `guest-agent.py` speaks to qemu-ga over a socket, as the host does.
@Suite struct `qemu-guest-agent` {
    @Test(arguments: ["default", "s390x", "four-nodes"])
    func `lists and sets memory blocks`(machine: String) throws {
        try script("guest-agent.py", on: machine)
    }

    @Test(arguments: UnusualMachine.allCases)
    func `lists and sets memory blocks of unusual machines`(machine: UnusualMachine) throws {
        try script("guest-agent.py", on: try machine.path)
    }

    @Test func `lists and sets memory blocks for an ordinary user`() throws {
        try script("guest-agent.py", by: .nobody)
    }
}
