// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// `daxctl.py` brings a dax device along; its memory is hotmem's.
@Suite struct `daxctl` {
    @Test(arguments: Caller.allCases)
    func `brings the memory of a device online and offline`(caller: Caller) throws {
        try Program.find("daxctl")
        try script("daxctl.py", by: caller)
    }

    @Test func `brings memory of a node that was there online and offline`() throws {
        try script("daxctl.py", on: "two-nodes")
    }
}
