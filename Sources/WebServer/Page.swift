// SPDX-License-Identifier: Apache-2.0

import Hummingbird

/// The page: one answer with its style and its script in it.
struct Page: Sendable {
    private let text = String(decoding: PackageResources.index_html, as: UTF8.self)
        .replacing("/*style*/", with: String(decoding: PackageResources.page_css, as: UTF8.self))
        .replacing("/*script*/", with: Self.script)

    /// The script is one; its parts are files of their own for those who read them.
    private static var script: String {
        let parts = [
            PackageResources.common_js, PackageResources.actions_js, PackageResources.controls_js,
            PackageResources.map_js, PackageResources.zones_js, PackageResources.panel_js, PackageResources.events_js,
            PackageResources.stream_js,
        ]
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    /// The page, with a policy that lets this style and this script do something and no others.
    var response: Response {
        let nonce = AccessToken.random()
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
            "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ]
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: policy.joined(separator: "; "),
            ],
            body: .init(byteBuffer: ByteBuffer(string: text.replacing("NONCE", with: nonce))))
    }
}
