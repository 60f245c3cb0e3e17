// SPDX-License-Identifier: Apache-2.0

/// Where the file `events` gets its lines from: whoever serves the tree keeps them, for the machine
/// has no clock and does not hear of writes that are refused before they are commands.
public protocol EventSource: AnyObject {
    /// The number of the latest event; 0 before the first.
    var last: UInt64 { get }
    /// Adds an event that somebody writes down.
    func note(_ text: String)
    /// The lines of events after one with a number, not necessarily all of them, and the number of the last of those.
    func lines(after number: UInt64) -> (text: [UInt8], last: UInt64)
}
