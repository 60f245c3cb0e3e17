// SPDX-License-Identifier: Apache-2.0

extension Sequence<Int> {
    /// Ascending numbers as the runs they form: 0 1 2 3 7 are 0 to 3, and 7.
    public var runs: [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for number in self {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs
    }
}
