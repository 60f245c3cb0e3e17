// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPTypes
import Hummingbird
import Synchronization

/// Lets nobody in who does not know the token, nor any page that is not ours: every request passes here.
///
/// - `Host` has to be ours, so that no other name that is made to mean this address gets a browser's answers.
/// - `/?token=` gives a cookie, once; all else takes the cookie.
/// - What does something has to come from our own page (`Origin`), as JSON.
struct Guard<Context: RequestContext>: RouterMiddleware {
    let token: AccessToken
    let door: Door

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            if let refusal = refusal(of: request) { throw refusal }
            if let welcome = welcome(request) {
                response = welcome
            } else {
                guard isKnown(request) else {
                    throw HTTPError(.unauthorized, message: "open the address that hotmem web printed, with its token")
                }
                response = try await next(request, context)
            }
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        } catch let problem as MachineFileProblem {
            // The machine is at fault, and not who asks; others may ask again.
            let error = HTTPError(
                problem.errno == EAGAIN ? .serviceUnavailable : .badGateway, message: problem.description)
            response = try error.response(from: request, context: context)
        }
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "no-referrer"
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        return response
    }

    private func refusal(of request: Request) -> HTTPError? {
        guard let host = request.head.authority, door.hosts.contains(host.lowercased()) else {
            return HTTPError(.misdirectedRequest, message: "this server is asked by its address only")
        }
        guard ![.get, .head].contains(request.method) else { return nil }
        guard request.headers[.origin] == "http://\(host)" else {
            return HTTPError(.forbidden, message: "only this server's own page may do that")
        }
        guard request.method == .delete || request.headers[.contentType] == "application/json" else {
            return HTTPError(.unsupportedMediaType, message: "what is asked for is JSON")
        }
        return nil
    }

    /// The answer to who comes with the token: the cookie, and the page without the token in its address.
    private func welcome(_ request: Request) -> Response? {
        guard request.method == .get, request.uri.path == "/", let given = request.uri.queryParameters["token"],
            token.matches(given)
        else { return nil }
        var response = Response(status: .seeOther, headers: [.location: "/"])
        response.headers[.setCookie] = "\(door.cookie)=\(token.text); Path=/; HttpOnly; SameSite=Strict"
        return response
    }

    private func isKnown(_ request: Request) -> Bool {
        request.cookies[door.cookie].map { token.matches($0.value) } ?? false
    }
}

/// Where the server listens, which is known once it does.
final class Door: Sendable {
    private let opened = Mutex<Int?>(nil)

    /// The port.
    var port: Int? {
        get { opened.withLock { $0 } }
        set { opened.withLock { $0 = newValue } }
    }

    /// What it may be called, as browsers write it; nothing before it listens.
    var hosts: Set<String> {
        guard let port else { return [] }
        return Set(["127.0.0.1", "localhost"].map { port == 80 ? $0 : "\($0):\(port)" })
    }

    /// The cookie's name. Browsers have one set of cookies for all ports.
    var cookie: String { "hotmem-\(port ?? 0)" }
}

extension HTTPField.Name {
    fileprivate static var referrerPolicy: Self { HTTPField.Name("Referrer-Policy") ?? .server }
}
