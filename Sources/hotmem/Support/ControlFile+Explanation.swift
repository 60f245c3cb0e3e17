// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Picture

extension ControlFile {
    /// What the machine says of a subject; this is its control `explain`. All who ask so do it one after the other.
    ///
    /// - Returns: nil if there is no such memory.
    func explanation(of subject: Explanation.Subject) throws(Failure) -> Explanation? {
        let lock = clinux_lock_file(path, 5000)
        defer { if lock >= 0 { close(lock) } }
        let asked = try Explanation.asked(
            about: subject,
            ask: { question throws(Failure) in
                let error = write(question)
                guard error == 0 || error == EINVAL else { throw unasked(error) }
                return error == 0
            }, read: read)
        switch asked {
        case .told(let explanation): return explanation
        case .absent: return nil
        case .unheard: throw .failed("\(path): others ask all the time; ask again")
        }
    }
}
