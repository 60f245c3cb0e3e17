// SPDX-License-Identifier: Apache-2.0

/// Something that the thread which serves the tree does at a time of its own, beside answering.
///
/// All of it is called on that thread.
public protocol Chore: AnyObject {
    /// When it is to be done, in nanoseconds of CLOCK_MONOTONIC; nil while there is nothing to do, which costs nothing.
    var due: UInt64? { get }
    /// Does it; afterwards ``due`` is later, or nil.
    func run()
}
