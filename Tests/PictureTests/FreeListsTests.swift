// SPDX-License-Identifier: Apache-2.0

import Picture
import Testing

@Suite struct `Free lists, read back from pagetypeinfo` {
    private let text = """
        Page block order: 9
        Pages per block:  512

        Free pages count per migrate type at order       0      1      2 
        Node    0, zone    DMA32, type    Unmovable      0      3      0 
        Node    0, zone    DMA32, type      Movable      1      0 >100000 
        Node    1, zone   Normal, type      Movable      7      8      9 

        Number of blocks type     Unmovable      Movable 
        Node 0, zone    DMA32            0         1528 

        """

    @Test func `have a zone for each zone, with a row for each type`() {
        let zones = FreeLists(text).zones
        #expect(zones.map(\.name) == ["DMA32", "Normal"])
        #expect(zones.map(\.node) == [0, 1])
        #expect(zones[0].rows.map(\.type) == ["Unmovable", "Movable"])
        #expect(zones[0].rows[0].counts == [0, 3, 0])
        #expect(zones[1].rows[0].counts == [7, 8, 9])
    }

    @Test func `say where the kernel stopped counting`() {
        let row = FreeLists(text).zones[0].rows[1]
        #expect(row.counts == [1, 0, 100_000])
        #expect(row.more == [2])
    }

    @Test func `are JSON, too`() {
        #expect(FreeLists("").json == "[]")
        #expect(
            FreeLists(text).json.contains(
                #"{"type": "Movable", "counts": [1, 0, 100000], "more": [2]}"#))
    }
}
