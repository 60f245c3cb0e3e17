// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Picture

extension ControlFile {
    /// What the machine says of a subject; this is its control `explain`. All who ask so do it one after the other, for
    /// an answer is to the question asked last.
    ///
    /// - Returns: nil if there is no such memory.
    func explanation(of subject: Explanation.Subject) throws(Failure) -> Explanation? {
        let lock = clinux_lock_file(path, 5000)
        defer { if lock >= 0 { close(lock) } }
        // A shell may ask in between, which knows nothing of that.
        for _ in 0..<10 {
            let errno = write(subject.question)
            guard errno != EINVAL else { return nil }
            guard errno == 0 else { throw .failed("\(path): \(String(cString: strerror(errno)))") }
            if let explanation = Explanation(try read(), about: subject) { return explanation }
        }
        throw .failed("\(path): others ask all the time; ask again")
    }
}
