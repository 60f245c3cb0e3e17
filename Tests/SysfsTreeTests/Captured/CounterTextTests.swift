// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SysfsTree

@Suite struct `Captured counters` {
    @Test func `go on by what the simulated ones have changed`() {
        let captured = "Node 0 MemTotal:       1000 kB\nNode 0 MemFree:         10 kB\nOther 5\n"
        let now = CounterText.advance(
            captured, from: "Node 0 MemTotal: 50 kB\nNode 0 MemFree: 40 kB\n",
            to: "Node 0 MemTotal: 60 kB\nNode 0 MemFree: 20 kB\n")
        #expect(now == "Node 0 MemTotal:       1010 kB\nNode 0 MemFree:          0 kB\nOther 5\n")
    }

    @Test func `stay as they are while nothing has changed`() {
        let captured = "any text  at all\n 7\n"
        #expect(CounterText.advance(captured, from: "a 1\n", to: "a 1\n") == captured)
    }

    @Test func `keep the right end of their field`() {
        func advance(_ text: String, by change: Int) -> String {
            CounterText.advance(text, from: "MemFree: 1000 kB\n", to: "MemFree: \(1000 + change) kB\n")
        }
        #expect(advance("MemFree:      99 kB\n", by: 1) == "MemFree:     100 kB\n")
        #expect(advance("MemFree:     100 kB\n", by: -1) == "MemFree:      99 kB\n")
        #expect(advance("MemFree: 9 kB\n", by: 1) == "MemFree: 10 kB\n")
        #expect(advance("nr_free 9\n", by: 1) == "nr_free 9\n")
    }

    @Test func `that are counted in one name only are left alone`() {
        let text = "1\nx y\nnew 4\n"
        #expect(CounterText.advance(text, from: "gone 1\n2\n", to: "gone 2\n3\n") == text)
    }

    @Test func `belong to the section that they stand in, and to their place in a line`() {
        let zones = { (normal: Int, movable: Int) in
            "Node 0, zone   Normal\n  pages free     \(normal)\nNode 0, zone  Movable\n  pages free     \(movable)\n"
        }
        #expect(CounterText.advance(zones(50, 60), from: zones(1, 2), to: zones(0, 12)) == zones(49, 70))
        #expect(
            CounterText.advance(
                "Node 0, zone Normal      9     10 \n", from: "Node 0, zone Normal 1 1 \n",
                to: "Node 0, zone Normal 2 0 \n")
                == "Node 0, zone Normal     10      9 \n")
    }
}
