// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether what is written to a descriptor goes to the journal, which understands levels (sd-daemon(3)).
public enum JournalStream {
    /// - Parameters:
    ///   - descriptor: where lines go.
    ///   - variable: `$JOURNAL_STREAM`: the device and inode of the journal's socket. What was inherited from a service
    ///     and has been redirected since is another file.
    public static func isBehind(_ descriptor: Int32, _ variable: String?) -> Bool {
        let numbers = (variable ?? "").split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) }
        var status = stat()
        guard numbers.count == 2, fstat(descriptor, &status) == 0 else { return false }
        return numbers[0] == UInt64(status.st_dev) && numbers[1] == UInt64(status.st_ino)
    }
}
