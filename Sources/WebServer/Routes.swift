// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Picture

/// What can be asked of the server.
///
///     GET /                      the page
///     GET /stream                server-sent events: what the machine looks like, and what happens
///     GET /explain?block=N       the answers of the control explain; also node=N, and node=N&zone=NAME
///     POST /actions              does something: {"file": ..., "text": ...}
///     DELETE /actions/ID         ends something that waits
struct Routes: Sendable {
    /// How long a request's body may be.
    static let bodyLimit = 4096

    let hub: EventHub
    let runner: ActionRunner
    let explainer: Explainer
    let page = Page()

    func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("/") { _, _ in page.response }
        router.get("/stream") { request, _ in try await stream(request) }
        router.get("/explain") { request, _ in try await explain(request) }
        router.post("/actions") { request, _ in try await act(request) }
        router.delete("/actions/:id") { _, context in try await cancel(context.parameters.get("id", as: Int.self)) }
    }

    private func stream(_ request: Request) async throws -> Response {
        let last = request.headers[.lastEventID].flatMap { UInt64($0) }
        guard let messages = try await hub.watch(after: last) else {
            throw HTTPError(.serviceUnavailable, message: "too many look already, or the machine has ended")
        }
        let body = ResponseBody { writer in
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                for await message in messages { try await writer.write(ByteBuffer(string: message.text)) }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
    }

    private func explain(_ request: Request) async throws -> Response {
        let asked = request.uri.queryParameters
        func number(_ key: Substring) -> Int? { asked[key].flatMap { UInt32($0) }.map(Int.init) }
        let subjects: [(String, Explanation.Subject)]
        if let block = number("block") {
            subjects = [("explanation", .block(block)), ("pages", .pages(block))]
        } else if let node = number("node"), let zone = asked["zone"] {
            guard zone.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else { throw HTTPError(.badRequest) }
            subjects = [("explanation", .zone(node: node, name: String(zone)))]
        } else if let node = number("node") {
            subjects = [("explanation", .node(node))]
        } else {
            throw HTTPError(.badRequest, message: "asked is for block=, node=, or node= and zone=")
        }
        var members: [(String, String)] = []
        for (name, subject) in subjects {
            guard let answer = try await explainer.answer(about: subject) else {
                throw HTTPError(.notFound, message: "there is no such thing")
            }
            members.append((name, answer.json))
        }
        return json(.ok, JSONText.object(members))
    }

    private func act(_ request: Request) async throws -> Response {
        var request = request
        let body: ByteBuffer
        do { body = try await request.collectBody(upTo: Self.bodyLimit) } catch is NIOTooManyBytesError {
            throw HTTPError(.contentTooLarge, message: "at most \(Self.bodyLimit) bytes")
        }
        guard let action = try? JSONDecoder().decode(Action.self, from: Data(body.readableBytesView)) else {
            throw HTTPError(.badRequest, message: "an action is {\"file\": ..., \"text\": ...}")
        }
        do { return json(.accepted, try await runner.start(action).json) } catch let problem as ActionProblem {
            let status: HTTPResponse.Status =
                switch problem {
                case .file, .text: .unprocessableContent
                case .tooMany: .tooManyRequests
                case .over: .serviceUnavailable
                }
            throw HTTPError(status, message: problem.rawValue)
        }
    }

    private func cancel(_ id: Int?) async throws -> Response {
        guard let id, await runner.cancel(id) else { throw HTTPError(.notFound, message: "no such action waits") }
        return json(.ok, "{}")
    }

    private func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

extension HTTPField.Name {
    fileprivate static var lastEventID: Self { HTTPField.Name("Last-Event-ID") ?? .server }
}
