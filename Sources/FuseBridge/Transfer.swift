// SPDX-License-Identifier: Apache-2.0

/// What a read or a write answers.
public enum Transfer {
    /// So many bytes were read or taken.
    case done(Int)
    /// The answer comes later; other requests are answered meanwhile.
    ///
    /// The closure is called once, before any other request, and takes the reply to where it will be completed. The
    /// kernel lets one process at a time write to a file: until then the next writer waits, and hears no signals.
    case later((PostponedReply) -> Void)
}
