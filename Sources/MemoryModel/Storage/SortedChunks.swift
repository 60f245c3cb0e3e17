// SPDX-License-Identifier: Apache-2.0

/// What has a place in an order.
protocol Sorted {
    associatedtype Key: Comparable & Sendable
    /// What it is sorted by; it does not change.
    var sortKey: Key { get }
}

/// Values in the order of their keys, each key once.
///
/// They lie in chunks of some hundred, so that one that comes in between moves its chunk's rest, not all that follow; and a
/// copy of which one value is changed shares the other chunks.
///
///     firsts  [ 0 ][ 512 ][ 1024 ]            the first key of each chunk
///     chunks  [...][.....][...   ]            none is empty
struct SortedChunks<Element: Sorted & Sendable>: Sendable {
    /// As many as a chunk holds at most.
    static var mostInChunk: Int { 512 }

    private var chunks: [ContiguousArray<Element>] = []
    private var firsts: ContiguousArray<Element.Key> = []
    private(set) var count = 0

    /// Where a value is. The place after the last value is the start of a chunk after the last.
    struct Index: Comparable, Sendable {
        fileprivate var chunk: Int
        fileprivate var place: Int

        static func < (a: Index, b: Index) -> Bool { (a.chunk, a.place) < (b.chunk, b.place) }
    }

    var startIndex: Index { Index(chunk: 0, place: 0) }
    var endIndex: Index { Index(chunk: chunks.count, place: 0) }

    subscript(index: Index) -> Element {
        get { chunks[index.chunk][index.place] }
        _modify { yield &chunks[index.chunk][index.place] }
    }

    func index(after index: Index) -> Index {
        index.place + 1 < chunks[index.chunk].count
            ? Index(chunk: index.chunk, place: index.place + 1) : Index(chunk: index.chunk + 1, place: 0)
    }

    func index(before index: Index) -> Index {
        index.place > 0
            ? Index(chunk: index.chunk, place: index.place - 1)
            : Index(chunk: index.chunk - 1, place: chunks[index.chunk - 1].count - 1)
    }

    /// The place of the first value whose key is not below `key`.
    func lowerBound(of key: Element.Key) -> Index {
        guard let chunk = chunk(of: key) else { return startIndex }
        let place = Self.lowerBound(of: key, in: chunks[chunk])
        return place < chunks[chunk].count ? Index(chunk: chunk, place: place) : Index(chunk: chunk + 1, place: 0)
    }

    /// The last chunk whose first key is not above `key`; nil if it is below all.
    private func chunk(of key: Element.Key) -> Int? {
        guard let last = firsts.last else { return nil }
        // Most come at the end.
        if last <= key { return firsts.count - 1 }
        var (low, high) = (0, firsts.count)
        while low < high {
            let middle = (low + high) / 2
            if firsts[middle] <= key { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    private static func lowerBound(of key: Element.Key, in chunk: ContiguousArray<Element>) -> Int {
        var (low, high) = (0, chunk.count)
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle].sortKey < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds a value whose key is not there yet.
    mutating func insert(_ element: Element) {
        count += 1
        guard let last = chunks.indices.last else { return addChunk([element], at: 0) }
        // Most come in order.
        if let top = chunks[last].last, top.sortKey < element.sortKey, chunks[last].count < Self.mostInChunk {
            return chunks[last].append(element)
        }
        var chunk = chunk(of: element.sortKey) ?? 0
        if chunks[chunk].count == Self.mostInChunk {
            // What comes in order fills its chunks, upwards or downwards; what comes between halves one.
            if chunk == last, chunks[chunk][Self.mostInChunk - 1].sortKey < element.sortKey {
                addChunk([element], at: last + 1)
                return chunks[last + 1].reserveCapacity(Self.mostInChunk)
            }
            if chunk == 0, element.sortKey < firsts[0] { return addChunk([element], at: 0) }
            let half = Self.mostInChunk / 2
            addChunk(ContiguousArray(chunks[chunk][half...]), at: chunk + 1)
            chunks[chunk].removeSubrange(half...)
            if firsts[chunk + 1] < element.sortKey { chunk += 1 }
        }
        let place = Self.lowerBound(of: element.sortKey, in: chunks[chunk])
        chunks[chunk].insert(element, at: place)
        if place == 0 { firsts[chunk] = element.sortKey }
    }

    private mutating func addChunk(_ elements: ContiguousArray<Element>, at position: Int) {
        firsts.insert(elements[0].sortKey, at: position)
        chunks.insert(elements, at: position)
    }

    /// Removes a value.
    @discardableResult
    mutating func remove(at index: Index) -> Element {
        count -= 1
        let element = chunks[index.chunk].remove(at: index.place)
        if chunks[index.chunk].isEmpty {
            chunks.remove(at: index.chunk)
            firsts.remove(at: index.chunk)
        } else if index.place == 0 {
            firsts[index.chunk] = chunks[index.chunk][0].sortKey
        }
        return element
    }

    /// Calls with each value, in order.
    @inline(__always) func forEach(_ body: (Element) -> Void) {
        for chunk in chunks { for element in chunk { body(element) } }
    }
}

extension SortedChunks: Equatable where Element: Equatable {
    /// The same values, however they lie.
    static func == (a: SortedChunks, b: SortedChunks) -> Bool {
        guard a.count == b.count else { return false }
        if a.chunks == b.chunks { return true }
        var (first, second) = (a.startIndex, b.startIndex)
        while first != a.endIndex {
            guard a[first] == b[second] else { return false }
            (first, second) = (a.index(after: first), b.index(after: second))
        }
        return true
    }
}
