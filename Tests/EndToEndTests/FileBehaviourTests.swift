// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The scripts say what is tested: each of their functions is a case.
@Suite struct `Files as sysfs has them` {
    @Test(arguments: Caller.allCases)
    func `every way of writing does what it does on a live kernel`(caller: Caller) throws {
        try run("writing.py", by: caller)
    }

    @Test(arguments: Caller.allCases)
    func `every way of reading does what it does on a live kernel`(caller: Caller) throws {
        try run("reading.py", by: caller)
    }

    @Test(arguments: Caller.allCases)
    func `what sysfs refuses is refused, with its errnos`(caller: Caller) throws {
        try run("refusing.py", by: caller)
    }

    @Test(arguments: Caller.allCases)
    func `descriptors of removed blocks, busy blocks and injected errors give the kernel's errnos`(
        caller: Caller
    ) throws {
        try run("removing.py", by: caller)
    }

    @Test func `extended attributes are as on sysfs`() throws {
        try run("attributes.py", by: .root)
    }

    /// Runs a script in a world of its own.
    private func run(_ script: String, by caller: Caller) throws {
        let ended = try world(["python3", "-B", try Installation.shared.script(script)], by: caller)
        #expect(ended.succeeded, "\(ended)")
        #expect(ended.output.hasSuffix(" passed\n"))
    }
}
