// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// Signals that wait until something is done, so that none comes between what is made and the word that it goes with one.
public enum HeldSignals {
    /// Does it.
    ///
    /// - Parameter body: gets the signals that were blocked before.
    public static func during<Result, Problem>(_ body: (sigset_t) throws(Problem) -> Result) throws(Problem) -> Result {
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body(before)
    }
}
