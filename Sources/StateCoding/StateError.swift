// SPDX-License-Identifier: Apache-2.0

/// Why a state could not be written, or what is wrong with bytes that should be one.
public struct StateError: Error, Equatable, CustomStringConvertible {
    /// The reason, with where in the state that is, if it is known: `machine.nodes.0.zones: no such value`.
    public let description: String

    init(_ description: String) { self.description = description }

    /// What Swift's own coding says.
    init(_ error: any Error) {
        switch error {
        case let error as StateError: self = error
        case DecodingError.keyNotFound(let key, let context):
            self.init(context, "there is no \(key.stringValue)")
        case DecodingError.valueNotFound(let type, let context): self.init(context, "there is no \(type)")
        case DecodingError.typeMismatch(let type, let context): self.init(context, "not a \(type)")
        case DecodingError.dataCorrupted(let context): self.init(context, context.debugDescription)
        case EncodingError.invalidValue(_, let context): self.init(context.codingPath, context.debugDescription)
        default: self.init("\(error)")
        }
    }

    private init(_ context: DecodingError.Context, _ reason: String) { self.init(context.codingPath, reason) }

    private init(_ path: [any CodingKey], _ reason: String) {
        let place = path.map(\.stringValue).joined(separator: ".")
        self.init(place.isEmpty ? reason : "\(place): \(reason)")
    }
}
