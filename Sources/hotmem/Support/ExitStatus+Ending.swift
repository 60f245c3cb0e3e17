// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sandbox

extension ExitStatus {
    /// Ends this process as another ended; by a signal without a core, for that would be of the wrong one.
    func end() -> Never {
        switch self {
        case .exited(let code): exit(code)
        case .signalled(let number):
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
            signal(number, SIG_DFL)
            var unblocked = sigset_t()
            sigemptyset(&unblocked)
            sigaddset(&unblocked, number)
            kill(getpid(), number)
            pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
            exit(128 + number)
        }
    }
}
