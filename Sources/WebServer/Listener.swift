// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Takes connections at a socket that listens already. Who made it chose the address and the network namespace, which
/// need not be the one that the server is in: a browser outside reaches the world of `hotmem run` in this way.
struct Listener<Responder: HTTPResponder>: Service where Responder.Context == BasicRequestContext {
    let socket: Int32
    let responder: Responder
    /// Gets the port.
    let isReady: @Sendable (_ port: Int?) -> Void
    let logger: Logger

    /// So many connections there may be; those that others hold and say nothing on are closed after a while.
    static var most: Int { 128 }
    private static var silence: TimeAmount { .seconds(30) }
    /// So long may answers take that are being given when the server ends.
    private static var grace: Duration { .milliseconds(200) }

    func run() async throws {
        let http = HTTP1Channel(responder: respond, configuration: .init(idleTimeout: Self.silence))
        let connections = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler(maxConnections: Self.most))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(socket) { connection in http.setup(channel: connection, logger: logger) }
        let channel = connections.channel
        isReady(channel.localAddress?.port)
        try await withGracefulShutdownHandler {
            try await connections.executeThenClose { inbound in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in inbound {
                        group.addTask { await http.handle(value: connection, logger: logger) }
                    }
                    // Browsers leave connections open.
                    try? await Task.sleep(for: Self.grace)
                    group.cancelAll()
                }
            }
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
    }

    private func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let context = BasicRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        let response = try await responder.respond(to: request, context: context)
        try await writer.write(response: response.head, body: response.body)
    }
}
