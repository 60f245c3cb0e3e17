// SPDX-License-Identifier: Apache-2.0

import Hummingbird
public import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Shows a running machine in a browser, on the loopback interface, to whoever knows the token.
public struct WebServer: Sendable {
    /// What is asked of it.
    public struct Configuration: Sendable {
        /// Where the machine's tree is.
        public var root: String
        /// The port; 0 for a free one.
        public var port: Int
        /// The program that writes; it calls `FileWriter.run` for `FileWriter.verb`.
        public var writer: String

        /// Makes a configuration.
        public init(root: String, port: Int = 0, writer: String) {
            (self.root, self.port, self.writer) = (root, port, writer)
        }
    }

    private let configuration: Configuration
    private let logger: Logger
    let token = AccessToken()
    let door = Door()
    private let files: MachineFiles
    private let pool = NIOThreadPool(numberOfThreads: 4)
    private let hub: EventHub
    private let runner: ActionRunner

    /// Makes a server, which listens once it runs.
    public init(_ configuration: Configuration, logger: Logger) {
        (self.configuration, self.logger) = (configuration, logger)
        files = MachineFiles(root: configuration.root)
        hub = EventHub(files: files, pool: pool)
        runner = ActionRunner(files: files, program: configuration.writer, hub: hub)
        pool.start()
    }

    /// Where it can be opened, once it listens.
    var address: String? { door.port.map { "http://127.0.0.1:\($0)/?token=\(token.text)" } }

    /// Serves until a signal comes, or the machine ends.
    ///
    /// - Parameter listening: gets the address to open, with the token in it.
    public func run(_ listening: @escaping @Sendable (String) -> Void) async throws {
        let follower = try EventFollower(files: files) { await hub.take($0) }
        // Nobody reads it if it cannot be read now.
        _ = try await pool.runIfActive { [files] in try MachineView.read(from: files) }
        let application = application { listening($0) }
        // The machine's end is the server's. They end in the opposite order: what streams still have to say comes from the
        // hub, and the application ends with its streams.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: application, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: follower, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: hub, successTerminationBehavior: .ignore),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        let ended: Result<Void, any Error>
        do { ended = .success(try await group.run()) } catch { ended = .failure(error) }
        await runner.end()
        try await pool.shutdownGracefully()
        try ended.get()
    }

    /// What answers requests.
    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.middlewares.add(Guard(token: token, door: door))
        Routes(hub: hub, runner: runner, explainer: Explainer(files: files, pool: pool)).add(to: router)
        return router
    }

    /// What listens.
    private func application(_ listening: @escaping @Sendable (String) -> Void) -> some ApplicationProtocol {
        Application(
            router: router(),
            configuration: .init(address: .hostname("127.0.0.1", port: configuration.port), serverName: nil),
            onServerRunning: { channel in
                door.port = channel.localAddress?.port
                if let address { listening(address) }
            },
            logger: logger)
    }
}
