// SPDX-License-Identifier: Apache-2.0

import Glibc
import MemoryModel
import Synchronization
import Testing
import Uevents

/// What a thread in a network namespace of its own saw.
private struct Received: Sendable {
    var failure: String?
    var results: [Int32] = []
    var messages: [(text: String, port: UInt32, groups: UInt32)] = []
    /// Messages left after all that were sent.
    var more = 0
}

/// The C type of a netlink address, which Swift's Glibc does not show.
private struct NetlinkAddress {
    var family = UInt16(AF_NETLINK)
    var pad: UInt16 = 0
    var port: UInt32 = 0
    var groups: UInt32 = 0
}

@Suite struct `The uevent socket` {
    @Test func `listeners get each message as the kernel's own, with a SEQNUM of the kernel's at its end`() throws {
        let uevents = [
            try #require(Uevent(.online, of: .block(BlockID(32)))),
            try #require(Uevent(.change, of: .node(NodeID(1)), arguments: ["SYNTH_UUID=0", "SYNTH_ARG_A=b"])),
            try #require(Uevent(.offline, of: .block(BlockID(32)))),
        ]
        let received = inOwnNetwork { exchange(uevents) }
        try #require(received.failure == nil, "\(received.failure ?? "")")
        #expect(received.results == [0, 0, 0] && received.more == 0)
        try #require(received.messages.count == uevents.count)
        var numbers: [UInt64] = []
        for (uevent, message) in zip(uevents, received.messages) {
            let sent = String(decoding: uevent.bytes, as: UTF8.self)
            #expect(message.text.hasPrefix(sent) && message.port == 0 && message.groups == 1)
            let rest = message.text.dropFirst(sent.count)
            let number = try #require(try /SEQNUM=(\d+)\0/.wholeMatch(in: rest), "after the message: \(rest)")
            numbers.append(try #require(UInt64(number.1)))
        }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    }

    @Test func `a descriptor that is none is an errno`() throws {
        let uevent = try #require(Uevent(.online, of: .block(BlockID(32))))
        #expect(UeventSocket(descriptor: -1).send(uevent) == EBADF)
    }

    /// Runs on a thread that leaves the process's network namespace; the thread ends with it.
    private func inOwnNetwork(_ body: @escaping @Sendable () -> Received) -> Received {
        final class Box: Sendable {
            let body: @Sendable () -> Received
            let received = Mutex(Received())
            init(_ body: @escaping @Sendable () -> Received) { self.body = body }
        }
        let box = Box(body)
        var thread = pthread_t()
        let created = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                let result =
                    `The uevent socket`.unshareNetwork() == 0
                    ? box.body() : Received(failure: "unshare: errno \(errno)")
                box.received.withLock { $0 = result }
                return nil
            }, Unmanaged.passRetained(box).toOpaque())
        guard created == 0 else { return Received(failure: "pthread_create: \(created)") }
        pthread_join(thread, nil)
        return box.received.withLock { $0 }
    }

    /// unshare(CLONE_NEWNET); Swift's Glibc shows neither.
    private static func unshareNetwork() -> Int32 {
        guard let symbol = dlsym(nil, "unshare") else { return -1 }
        let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
        return unshare(0x4000_0000)
    }

    private func exchange(_ uevents: [Uevent]) -> Received {
        var received = Received()
        let netlinkUevents: Int32 = 15  // NETLINK_KOBJECT_UEVENT
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let (listener, sender) = (socket(AF_NETLINK, type, netlinkUevents), socket(AF_NETLINK, type, netlinkUevents))
        defer {
            close(listener)
            close(sender)
        }
        var address = NetlinkAddress(groups: 1)
        let size = socklen_t(MemoryLayout<NetlinkAddress>.size)
        let bound = withUnsafeBytes(of: &address) { bytes in
            bind(listener, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, size)
        }
        guard listener >= 0, sender >= 0, bound == 0 else { return Received(failure: "socket or bind: errno \(errno)") }

        received.results = uevents.map { UeventSocket(descriptor: sender).send($0) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            var from = NetlinkAddress()
            var fromSize = size
            let count = withUnsafeMutableBytes(of: &from) { bytes in
                recvfrom(
                    listener, &buffer, buffer.count, Int32(MSG_DONTWAIT),
                    bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &fromSize)
            }
            guard count >= 0 else { return received }
            let text = String(decoding: buffer.prefix(count), as: UTF8.self)
            // The namespace's own devices (its loopback) are not ours.
            guard text.contains("/devices/system/") else { continue }
            if received.messages.count == uevents.count {
                received.more += 1
            } else {
                received.messages.append((text, from.port, from.groups))
            }
        }
    }
}
