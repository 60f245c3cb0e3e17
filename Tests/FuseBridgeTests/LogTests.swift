// SPDX-License-Identifier: Apache-2.0
import FuseBridge
import Synchronization
import Testing

/// The handler is the process's, so this is the only test that sets it, and it looks only for its own messages.
@Suite struct LogTests {
    private final class Messages: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test func `libfuse's messages reach the handler, a line each`() throws {
        let messages = Messages()
        let before = FuseLog.handler
        defer { FuseLog.handler = before }
        FuseLog.handler = { _, message in messages.all.withLock { $0.append(message) } }
        let mounted = try Mounted(ToyFileSystem(), debug: true)
        #expect(contents(mounted("state")) == "online\n")
        mounted.close()
        let seen = messages.all.withLock { $0 }
        #expect(seen.contains { $0.contains("INIT") })
        #expect(!seen.contains { $0.hasSuffix("\n") || $0.isEmpty })
    }
}
