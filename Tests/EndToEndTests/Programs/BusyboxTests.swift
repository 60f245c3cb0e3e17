// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@Suite struct `busybox` {
    @Test func `busybox's own tools read and write the tree`() throws {
        let ended = try world(
            shell: """
                cd /sys/devices/system/memory
                busybox echo 0x140000000 > probe
                busybox cat memory40/state
                busybox echo online | busybox tee memory40/state
                busybox find . -maxdepth 1 -name 'memory4?' -type d
                busybox stat -c '%a %s' memory40/state
                busybox grep -c . memory40/valid_zones
                """)
        #expect(ended.output == "offline\nonline\n./memory40\n644 4096\n1\n", "\(ended)")
    }

    /// `busybox.py` runs each tool beside GNU's, which has nothing in common with it but the files.
    @Test func `sees what the GNU tools see`() throws {
        try script("busybox.py", on: "two-nodes")
    }
}
