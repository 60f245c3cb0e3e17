// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Makes few records of many differences: files of many blocks that say the same are one.
enum Grouping {
    /// The words before the numbers of objects that there are many of; what many of the first have alike counts first.
    private static let words = ["memory", "cpu", "node"]

    private struct Form: Hashable {
        let path: [String]
        let numbered: Int
        let content: CapturedFiles.Content
        let mode: UInt16?
    }

    /// The records, in the order of the first file of each.
    ///
    /// - Parameter captured: the tree, to know how many objects there are of a kind.
    static func records(of differences: [Comparison.Difference], in captured: FileTree) -> [CapturedFiles.Record] {
        var order: [Form] = []
        var numbers: [Form: [UInt32]] = [:]
        for difference in differences {
            let (form, number) = split(difference)
            if numbers[form, default: []].isEmpty { order.append(form) }
            numbers[form, default: []].append(number)
        }
        return order.map { form in
            let own = (numbers[form] ?? []).sorted()
            return CapturedFiles.Record(pattern(form, own, captured), form.content, mode: form.mode)
        }
    }

    private static func split(_ difference: Comparison.Difference) -> (Form, UInt32) {
        var path = difference.path
        for word in words {
            for (index, name) in path.enumerated() {
                guard let number = PathPattern.Component.numbered(word, nil).number(in: name) else { continue }
                path[index] = word
                return (Form(path: path, numbered: index, content: difference.content, mode: difference.mode), number)
            }
        }
        return (Form(path: path, numbered: -1, content: difference.content, mode: difference.mode), 0)
    }

    private static func pattern(_ form: Form, _ numbers: [UInt32], _ captured: FileTree) -> PathPattern {
        guard form.numbered >= 0 else { return PathPattern(form.path.map { .name($0) }) }
        let word = form.path[form.numbered]
        var components = form.path.map { PathPattern.Component.name($0) }
        let isLast = form.numbered == form.path.count - 1
        if numbers.count == 1 {
            components[form.numbered] = .name("\(word)\(numbers[0])")
        } else if isAll(numbers, of: word, in: captured[form.path[..<form.numbered].joined(separator: "/")]),
            !isLast || form.content == .absent
        {
            components[form.numbered] = .numbered(word, nil)
        } else {
            let runs = numbers.map { Int($0) }.runs
            components[form.numbered] = .numbered(word, runs.map { UInt32($0.lowerBound)...UInt32($0.upperBound) })
        }
        return PathPattern(components)
    }

    /// Whether these are all the objects that the captured directory has: then later ones are alike, too.
    private static func isAll(_ numbers: [UInt32], of word: String, in directory: FileTree?) -> Bool {
        let component = PathPattern.Component.numbered(word, nil)
        return directory?.members.keys.count { component.number(in: $0) != nil } == numbers.count
    }
}
