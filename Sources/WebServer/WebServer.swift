// SPDX-License-Identifier: Apache-2.0

import Hummingbird
public import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Shows a running machine in a browser to whoever knows the token.
public struct WebServer: Sendable {
    /// What is asked of it.
    public struct Configuration: Sendable {
        /// Where the machine's tree is.
        public var root: String
        /// A socket that listens, at a port of the loopback interface.
        public var socket: Int32
        /// The program that writes; it calls `FileWriter.run` for `FileWriter.verb`.
        public var writer: String

        /// What ends the process where it cannot be ended in order, as the machine does not answer.
        public var isStuck: @Sendable () -> Void

        /// Makes a configuration.
        public init(root: String, socket: Int32, writer: String, isStuck: @escaping @Sendable () -> Void = {}) {
            (self.root, self.socket, self.writer, self.isStuck) = (root, socket, writer, isStuck)
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

    /// Where it can be opened, once it takes connections.
    var address: String? { door.port.map { "http://127.0.0.1:\($0)/?token=\(token.text)" } }

    /// Serves until a signal comes, or the machine ends.
    ///
    /// - Parameter isReady: gets the address to open, with the token in it.
    public func run(_ isReady: @escaping @Sendable (String) -> Void) async throws {
        let follower = try EventFollower(files: files) { await hub.take($0) }
        // Nobody reads it if it cannot be read now.
        _ = try await pool.runIfActive { [files] in try MachineView.read(from: files) }
        let listener = Listener(
            socket: configuration.socket, responder: router().buildResponder(),
            isReady: { port in
                door.port = port
                if let address { isReady(address) }
            },
            logger: logger)
        // The machine's end is the server's. They end in the opposite order: what streams still have to say comes from the
        // hub, and the listener ends with its streams.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: listener, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: follower, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: hub, successTerminationBehavior: .ignore),
                    .init(service: Deadline(isOver: configuration.isStuck), successTerminationBehavior: .ignore),
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
}
