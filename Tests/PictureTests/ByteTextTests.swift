// SPDX-License-Identifier: Apache-2.0

import Picture
import Testing

@Suite struct `Amounts of memory` {
    @Test(
        arguments: [
            (0, "0B"), (1023, "1023B"), (1024, "1K"), (1536, "1.5K"), (128 << 20, "128M"), (4 << 30, "4G"),
            ((100 << 20) + (1 << 19), "100M"),
        ] as [(UInt64, String)])
    func `writes sizes short`(bytes: UInt64, text: String) { #expect(ByteText.short(bytes) == text) }
}
