// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The terminal whose foreground process group is the caller's, if there is one.
///
/// An interactive shell in the world takes the foreground for itself. When it ends it cannot give it back, since in its
/// pid namespace the caller's process group has no number.
struct Terminal {
    private let descriptor: Int32

    /// Finds the terminal among the standard streams.
    init?() {
        guard let found = (Int32(0)...2).first(where: { isatty($0) == 1 }), tcgetpgrp(found) == getpgrp() else {
            return nil
        }
        descriptor = found
    }

    /// Puts the caller's process group back into the foreground.
    func restore() {
        guard tcgetpgrp(descriptor) != getpgrp() else { return }
        // With SIGTTOU blocked, the kernel lets a background process do this.
        var stop = sigset_t()
        var before = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &stop, &before)
        tcsetpgrp(descriptor, getpgrp())
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }
}
