// SPDX-License-Identifier: Apache-2.0

/// A failed system call.
package struct CallError: Error {
    package let errno: Int32
    package var atOpen: Bool

    package init(errno: Int32, atOpen: Bool = false) { (self.errno, self.atOpen) = (errno, atOpen) }
}

/// Where a transcript is replayed: the same operations, in process or through a mount.
package protocol Place {
    func write(_ path: String, _ data: [UInt8]) throws -> Int
    func read(_ path: String) throws -> [UInt8]
    func readLink(_ path: String) throws -> String
    func list(_ path: String) throws -> [String]
    func status(_ path: String) throws -> (mode: UInt32, size: Int64, links: UInt32)
    /// The uevents since the last call, in order, each as its variables with the first word before them.
    func takeUevents() -> [[String]]
}
