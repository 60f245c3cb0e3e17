// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import WebServer

/// What was answered.
private struct Answer {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: String
}

/// A body, as text.
private final class CollectedBody: ResponseBodyWriter {
    var text = ""
    func write(_ buffer: ByteBuffer) async throws { text += String(buffer: buffer) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

@Suite struct `The web server` {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let server: WebServer

    init() {
        server = WebServer(.init(root: "/nowhere", socket: -1, writer: "/bin/false"), logger: logger)
        server.door.port = 4000
    }

    private var cookie: HTTPFields { [.cookie: "\(server.door.cookie)=\(server.token.text)"] }
    private var ours: HTTPFields {
        var headers = cookie
        headers[.origin] = "http://localhost:4000"
        headers[.contentType] = "application/json"
        return headers
    }

    /// Asks the application without a network, as its server would.
    private func ask(
        _ uri: String, _ method: HTTPRequest.Method = .get, _ headers: HTTPFields = [:], body: String = "",
        host: String = "localhost:4000", port: Int? = 4000
    ) async throws -> Answer {
        server.door.port = port
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: host, path: uri, headerFields: headers),
            body: RequestBody(buffer: ByteBuffer(string: body)))
        let source = ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger)
        let response = try await server.router().buildResponder().respond(
            to: request, context: BasicRequestContext(source: source))
        let text = CollectedBody()
        try await response.body.write(text)
        return Answer(status: response.status, headers: response.headers, body: text.text)
    }

    @Test(arguments: [
        "/", "/stream", "/explain?block=1", "/nothing", "/?token=", "/?token=00000000000000000000000000000000",
    ])
    func `lets nobody in without its token`(uri: String) async throws {
        #expect(try await ask(uri).status == .unauthorized)
        #expect(
            try await ask(uri, .get, [.cookie: "\(server.door.cookie)=x; hotmem-1=\(server.token.text)"]).status
                == .unauthorized)
    }

    @Test func `gives a cookie for the token, which scripts and other sites do not get, and the page without it`()
        async throws
    {
        let welcome = try await ask("/?token=\(server.token.text)")
        #expect(welcome.status == .seeOther)
        #expect(welcome.headers[.location] == "/")
        let cookie = try #require(welcome.headers[.setCookie])
        #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
        let page = try await ask("/", .get, [.cookie: String(cookie.prefix { $0 != ";" })])
        #expect(page.status == .ok)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(!page.body.contains(server.token.text))
    }

    @Test func `answers by its own address only`() async throws {
        for host in [
            "evil.example", "evil.example:4000", "localhost", "localhost:4001", "127.0.0.1.evil.example:4000", "",
        ] {
            #expect(try await ask("/", .get, cookie, host: host).status == .misdirectedRequest)
            #expect(try await ask("/?token=\(server.token.text)", host: host).status == .misdirectedRequest)
        }
        #expect(try await ask("/", .get, cookie, host: "127.0.0.1:4000").status == .ok)
        #expect(try await ask("/", .get, cookie, host: "LOCALHOST:4000").status == .ok)
        #expect(try await ask("/", .get, cookie, port: nil).status == .misdirectedRequest)
        server.door.port = 80
        #expect(server.door.hosts == ["127.0.0.1", "localhost"])
    }

    @Test func `does nothing for other pages`() async throws {
        let body = #"{"file": "/etc/passwd", "text": "x"}"#
        for origin in [
            nil, "null", "http://localhost:4001", "https://localhost:4000", "http://127.0.0.1:4000",
            "http://evil.example",
        ] {
            var headers = ours
            headers[.origin] = origin
            #expect(try await ask("/actions", .post, headers, body: body).status == .forbidden)
            #expect(try await ask("/actions/1", .delete, headers).status == .forbidden)
        }
        var form = ours
        form[.contentType] = "text/plain"
        #expect(try await ask("/actions", .post, form, body: body).status == .unsupportedMediaType)
        #expect(try await ask("/actions", .post, ours, body: body).status == .unprocessableContent)
    }

    @Test func `does what it is asked for in few words`() async throws {
        let long = #"{"file": "x", "text": ""# + String(repeating: "x", count: Routes.bodyLimit) + #""}"#
        #expect(try await ask("/actions", .post, ours, body: long).status == .contentTooLarge)
        for body in ["", "{}", "[]", #"{"file": 1, "text": "x"}"#] {
            #expect(try await ask("/actions", .post, ours, body: body).status == .badRequest)
        }
        for uri in ["/explain", "/explain?block=x", "/explain?block=-1", "/explain?node=0&zone=a%20b"] {
            #expect(try await ask(uri, .get, cookie).status == .badRequest)
        }
        #expect(try await ask("/actions/1", .delete, ours).status == .notFound)
    }

    @Test func `lets this page's style and script do something, and no others`() async throws {
        let (one, other) = (try await ask("/", .get, cookie), try await ask("/", .get, cookie))
        let policy = try #require(one.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'; script-src 'nonce-"))
        for word in ["unsafe", "*", "http"] { #expect(!policy.contains(word)) }
        for directive in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "connect-src 'self'"] {
            #expect(policy.contains(directive))
        }
        #expect(policy != other.headers[.contentSecurityPolicy], "a nonce is used once")
        let page = one.body
        let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-f]{32})'/)?.1)
        #expect(page.matches(of: /<(script|style) nonce="[0-9a-f]{32}">/).count == 2)
        #expect(page.contains("<script nonce=\"\(nonce)\">"))
        #expect(!page.contains("NONCE"))
        #expect(!page.contains("/*script*/"))
    }

    @Test func `fetches nothing from elsewhere, and makes text of no text`() async throws {
        let page = try await ask("/", .get, cookie).body
        #expect(page.count > 10_000)
        for word in [
            "http://", "https://", "//cdn", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
            "style=", "onclick=\"",
        ] {
            #expect(!page.contains(word), "the page has \(word)")
        }
    }

    @Test(arguments: ["/", "/nothing", "/explain", "/explain?block=1", "/stream"])
    func `says with each answer that it is not to be kept or guessed at`(uri: String) async throws {
        for headers in [cookie, [:]] {
            let answer = try await ask(uri, .get, headers)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        }
    }

    @Test(arguments: ["/explain?block=1", "/stream"])
    func `says which file of the machine cannot be used`(uri: String) async throws {
        let answer = try await ask(uri, .get, cookie)
        #expect(
            answer.status == .badGateway
                && answer.body.replacing("\\/", with: "/").contains("/nowhere/sys/kernel/debug/hotmem/"))
    }
}
