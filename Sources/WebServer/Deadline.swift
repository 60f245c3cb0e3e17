// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle

/// Gives the server some time to end, once it is told to: threads that wait for a machine's answer cannot be ended.
struct Deadline: Service {
    let isOver: @Sendable () -> Void

    private static var time: Duration { .seconds(3) }

    func run() async throws {
        try? await gracefulShutdown()
        // It outlives this, if the process does.
        Task.detached {
            try? await Task.sleep(for: Self.time)
            isOver()
        }
    }
}
