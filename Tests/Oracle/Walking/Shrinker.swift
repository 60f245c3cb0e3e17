// SPDX-License-Identifier: Apache-2.0

/// Finds a short list that still shows what a long one showed, by leaving out parts (delta debugging).
struct Shrinker<Element> {
    /// Whether a list still shows it.
    let isStillShown: ([Element]) -> Bool
    /// Whether there is time for another try.
    let mayGoOn: () -> Bool

    /// Leaves out as much as it can; where there was time, no single element can be left out of the result.
    func shrunk(_ list: [Element]) -> [Element] {
        var list = list
        var size = max(list.count / 2, 1)
        while true {
            var start = 0
            var hasShrunk = false
            while start < list.count {
                guard mayGoOn() else { return list }
                let shorter = Array(list[..<start] + list[min(start + size, list.count)...])
                if isStillShown(shorter) {
                    list = shorter
                    hasShrunk = true
                } else {
                    start += size
                }
            }
            if size == 1, !hasShrunk { return list }
            size = hasShrunk ? min(size, max(list.count / 2, 1)) : max(size / 2, 1)
        }
    }
}
