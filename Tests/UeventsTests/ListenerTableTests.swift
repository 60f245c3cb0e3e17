// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Uevents

@Suite struct `The table of listeners` {
    @Test func `is read from the kernel's text: those who hear the kernel's uevents`() {
        let text = """
            sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
            0000000000000000 0   0          00000000 0        0        0     2        0        16
            0000000000000000 15  71         00000001 2304     0        0     2        17       88123
            0000000000000000 15  4294963196 00000003 0        0        0     2        0        88124
            0000000000000000 15  72         00000002 0        0        0     2        9        88125
            0000000000000000 15  0          00000000 0        0        0     2        0        19
            0000000000000000 15  oops
            """
        let listeners = ListenerTable.listeners(in: text)
        #expect(listeners.map(\.port) == [71, 4_294_963_196] && listeners.map(\.drops) == [17, 0])
        #expect(listeners.map(\.inode) == [88123, 88124])
    }

    @Test func `is none where it cannot be read`() {
        #expect(ListenerTable(descriptor: -1).listeners() == nil)
    }
}
