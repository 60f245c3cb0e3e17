// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The migration cache` {
    private var cache = MigrationCache()

    @Test mutating func `follows a page that comes back to where it was`() {
        cache.note(1, movedTo: 2)
        cache.note(2, movedTo: 3)
        #expect(cache.find(1) == 3 && cache.find(2) == 3 && cache.find(3) == nil)
        cache.note(3, movedTo: 2)
        #expect(cache.find(1) == 2 && cache.find(2) == 2 && cache.find(3) == 2)
        cache.note(2, movedTo: 1)
        #expect(cache.find(1) == 1 && cache.find(2) == 1 && cache.find(3) == 1)
    }

    @Test mutating func `knows where pages went from frames that are gone`() {
        cache.note(1, movedTo: 2)
        cache.note(2, movedTo: 3)
        cache.note(4, movedTo: 2)
        #expect(cache.find(1) == 3 && cache.find(4) == 2)
        cache.forget(movedTo: 2..<3)
        #expect(cache.find(1) == 3 && cache.find(4) == nil)
        cache.forget(movedFrom: 0..<2)
        #expect(cache.find(1) == nil)
    }
}
