// SPDX-License-Identifier: Apache-2.0

extension Explanation {
    /// What comes of asking a running machine.
    public enum Asked: Sendable {
        /// It says so.
        case told(Explanation)
        /// It has no such memory.
        case absent
        /// Others asked each time before the answer was read.
        case unheard
    }

    /// Asks a running machine by its control `explain`, whose answer is to the question asked last. Who asks holds the
    /// control's lock (`clinux_lock_file`); a shell, which knows nothing of that, may still ask in between.
    ///
    /// - Parameters:
    ///   - ask: writes a line to the control; returns whether it was taken, which it is not (EINVAL) where there is no such
    ///     memory.
    ///   - read: reads the control.
    public static func asked<Failure: Error>(
        about subject: Subject, ask: (String) throws(Failure) -> Bool, read: () throws(Failure) -> String
    ) throws(Failure) -> Asked {
        for _ in 0..<10 {
            guard try ask(subject.question) else { return .absent }
            if let answer = Explanation(try read(), about: subject) { return .told(answer) }
        }
        return .unheard
    }
}
