// SPDX-License-Identifier: Apache-2.0

/// Where in a value one is. Its keys are made into a list when somebody wants to know, which is seldom.
final class Path {
    private let above: Path?
    private let key: any CodingKey

    init(_ above: Path?, _ key: any CodingKey) { (self.above, self.key) = (above, key) }

    var keys: [any CodingKey] { (above?.keys ?? []) + [key] }
}

extension Path? {
    /// The keys from the top on.
    var keys: [any CodingKey] { self?.keys ?? [] }
}

/// A place in a list, or a key by its name.
struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ index: Int) { (stringValue, intValue) = (String(index), index) }
    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { self.init(intValue) }

    /// Where what a class inherits lies.
    static let above = AnyKey(stringValue: "super")
}
