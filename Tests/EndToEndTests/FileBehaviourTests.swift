// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The scripts say what is tested: each of their functions is a case.
@Suite struct `Files as sysfs has them` {
    @Test(arguments: Caller.allCases)
    func `every way of writing does what it does on a live kernel`(caller: Caller) throws {
        try script("writing.py", by: caller)
    }

    @Test(arguments: Caller.allCases)
    func `every way of reading does what it does on a live kernel`(caller: Caller) throws {
        try script("reading.py", by: caller)
    }

    @Test(arguments: Caller.allCases)
    func `what sysfs refuses is refused, with its errnos`(caller: Caller) throws {
        try script("refusing.py", by: caller)
    }

    @Test(arguments: Caller.allCases)
    func `descriptors of removed blocks, busy blocks and injected errors give the kernel's errnos`(
        caller: Caller
    ) throws {
        try script("removing.py", by: caller)
    }

    @Test func `extended attributes are as on sysfs`() throws {
        try script("attributes.py", by: .root)
    }
}
