// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Transcripts

@testable import oracle

/// A "live kernel" that is a simulated machine, and may be wrong on purpose.
final class FakeKernel: LiveKernel {
    let name = "Fake 1.0"
    private let responder: Responder
    /// Answers an operation differently, from what was answered and which operations there were before.
    private let lie: (Operation, [String: JSON], [Operation]) -> [String: JSON]
    private var before: [Operation] = []

    init(
        _ machine: MachineDescription, pinned: [UInt64] = [],
        lie: @escaping (Operation, [String: JSON], [Operation]) -> [String: JSON] = { _, answer, _ in answer }
    ) {
        responder = Responder(DirectPlace(Machine(booting: machine)))
        self.lie = lie
        for block in pinned { _ = responder.answer(to: .pin(block: block)) }
    }

    func answer(to operation: Operation) throws(KernelFailure) -> [String: JSON] {
        defer { before.append(operation) }
        return lie(operation, responder.answer(to: operation), before)
    }

    /// Its own allocations come and go.
    func pin(_ block: UInt64) { _ = responder.answer(to: .pin(block: block)) }
    func unpin(_ block: UInt64) { _ = responder.answer(to: .unpin(block: block)) }

    func plug(id: String, bytes: UInt64, node: Int) throws(KernelFailure) {
        _ = responder.answer(to: .plug(id: id, bytes: bytes, node: node))
        before.append(.plug(id: id, bytes: bytes, node: node))
    }
    func unplug(id: String) throws(KernelFailure) {
        _ = responder.answer(to: .unplug(id: id))
        before.append(.unplug(id: id))
    }
    func end() {}
}

/// A machine that QEMU could have: 1 GiB that the kernel knows of, 8 GiB more, and room for memory devices on node 1.
enum Small {
    static let GiB: UInt64 = 1 << 30
    static let machine = MachineDescription(
        addressBits: 40, pagingLevels: 5,
        memory: [
            .init(first: 0, last: 0x9fbff, kind: .usable), .init(first: 0x9fc00, last: 0x9ffff, kind: .reserved),
            .init(first: 0xf0000, last: 0xfffff, kind: .reserved), .init(first: 0x100000, last: GiB - 1, kind: .usable),
            .init(first: 0xbffe_0000, last: 0xbfff_ffff, kind: .reserved),
            .init(first: 0xfffc_0000, last: 0xffff_ffff, kind: .reserved),
        ],
        affinity: [
            .init(node: 0, first: 0, last: 0x9ffff), .init(node: 0, first: 0x100000, last: 3 * GiB - 1),
            .init(node: 0, first: 4 * GiB, last: 10 * GiB - 1),
            .init(node: 1, first: 10 * GiB, last: 49 * GiB - 1, hotplug: true),
        ],
        cpus: [.init(node: 0), .init(node: 0)])

    static let features = KernelFeatures(hasProbe: true, hasMemoryFailure: true, hasErrorInjection: true)

    static func state(_ block: UInt64, _ word: String) -> Operation {
        .write(path: "/sys/devices/system/memory/memory\(block)/state", data: word, newline: true)
    }
    static func probe(_ address: UInt64) -> Operation {
        .write(path: "/sys/devices/system/memory/probe", data: "0x" + String(address, radix: 16), newline: true)
    }
}
