// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebServer

@Suite struct `A server-sent event` {
    @Test func `has its name, its number and its data, and ends with a blank line`() {
        let event = ServerSentEvent(name: "events", id: 7, data: "[1]")
        #expect(event.text == "event: events\nid: 7\ndata: [1]\n\n")
        #expect(ServerSentEvent(name: "free", data: "[]").text == "event: free\ndata: []\n\n")
    }

    @Test func `has a line of its own for each line of data, whatever ends it`() {
        #expect(
            ServerSentEvent(name: "a", data: "x\ny\r\nz\rw").text == "event: a\ndata: x\ndata: y\ndata: z\ndata: w\n\n")
        #expect(ServerSentEvent(name: "a", data: "").text == "event: a\ndata: \n\n")
    }

    @Test func `that is a comment is nothing to a browser`() {
        #expect(ServerSentEvent.comment.text == ":\n\n")
    }
}
