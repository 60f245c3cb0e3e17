// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebServer

@Suite struct `A token` {
    @Test func `has 128 bits, others each time`() {
        let tokens = (0..<100).map { _ in AccessToken().text }
        #expect(Set(tokens).count == 100)
        for token in tokens {
            #expect(token.count == 32)
            #expect(token.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        }
    }

    @Test func `matches itself alone`() {
        let token = AccessToken()
        #expect(token.matches(token.text))
        let last = token.text.last == "0" ? "1" : "0"
        for other in ["", "0", token.text + "0", String(token.text.dropLast()), token.text.dropLast() + last] {
            #expect(!token.matches(other))
        }
    }
}
