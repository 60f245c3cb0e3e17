// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

/// Expects everything that must hold of a machine at any time.
func expectInvariants(_ machine: Machine, sourceLocation: SourceLocation = #_sourceLocation) {
    for violation in Invariants(machine: machine).violations {
        Issue.record("\(violation)", sourceLocation: sourceLocation)
    }
}
