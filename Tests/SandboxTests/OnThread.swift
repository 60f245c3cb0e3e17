// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs the body on a thread of its own, which lives as long as the body: a world dies with the thread that made it,
/// and the threads that tests run on come and go. No signal is blocked in it, as in a program's main thread; in the
/// threads that tests run on, all are.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let work = Unmanaged.passRetained(Work { continuation.resume(returning: body()) })
        var thread = pthread_t()
        let created = pthread_create(
            &thread, nil,
            { argument in
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                if let argument {
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, work.toOpaque())
        precondition(created == 0)
        pthread_detach(thread)
    }
}

private final class Work {
    let run: () -> Void

    init(_ run: @escaping () -> Void) {
        self.run = run
    }
}
