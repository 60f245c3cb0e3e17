// SPDX-License-Identifier: Apache-2.0

/// A server-sent event, as the HTML standard has its text.
struct ServerSentEvent: Sendable, Equatable {
    /// What the browser calls listeners of; empty for a comment, which keeps a connection open.
    let name: String
    /// The number that a browser names when it comes back (`Last-Event-ID`).
    var id: UInt64?
    /// JSON.
    let data: String

    /// What a browser passes over.
    static let comment = ServerSentEvent(name: "", id: nil, data: "")

    /// The text, with the blank line that ends it. A line of the data is a line of its own.
    var text: String {
        guard !name.isEmpty else { return ":\n\n" }
        let lines = data.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { "data: \($0)\n" }
        return "event: \(name)\n" + (id.map { "id: \($0)\n" } ?? "") + lines.joined() + "\n"
    }
}
