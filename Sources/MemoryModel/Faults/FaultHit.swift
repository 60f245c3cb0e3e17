// SPDX-License-Identifier: Apache-2.0

/// A fault struck.
public struct FaultHit: Hashable, Sendable, Codable {
    /// What it did it to.
    public enum Subject: Hashable, Sendable, Codable {
        case block(BlockID)
        case uevent(Announcement)
    }
    /// The fault.
    public let fault: Fault
    /// What it did it to.
    public let subject: Subject
}
