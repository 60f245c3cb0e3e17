// SPDX-License-Identifier: Apache-2.0

import Testing
import Transcripts

@Suite struct `The natural order of names` {
    @Test(arguments: [
        ["memory2", "memory10", "memory100"], ["memory9", "memory10", "memoryx"], ["a", "a1", "a2b", "a10b", "b"],
        ["PNP0C80:00", "PNP0C80:01", "device:00"], ["", "0", "1", "01x"], ["x1", "x01", "x001"],
        ["18446744073709551615", "18446744073709551616"],
    ])
    func `counts numbers as numbers`(names: [String]) {
        #expect(names.reversed().naturallySorted == names)
        #expect(names.naturallySorted == names)
    }
}
