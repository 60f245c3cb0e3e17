// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing
import Transcripts

@testable import oracle

/// What a live kernel's own pages do is told by `P`; what else differs is a difference.
@Suite struct `A recording` {
    private static let before: [Transcripts.Operation] = [
        Small.probe(4 * Small.GiB), Small.probe(4 * Small.GiB + 128 << 20), Small.state(32, "online_kernel"),
        Small.state(33, "online_kernel"),
    ]

    @Test func `of a kernel that answers the same has its answers and no differences`() throws {
        let operations = Self.before + [.uevents, .snapshot, .read(path: "/sys/devices/system/memory/memory33/state")]
        let recording = try Recording(FakeKernel(Small.machine), Small.machine, operations)
        #expect(recording.findings.isEmpty)
        #expect(recording.kernel == "Fake 1.0")
        #expect(recording.steps.map(\.operation) == operations)
        #expect(recording.steps.last?.answer["data"] == .text("online\n"))
    }

    @Test func `pins a block that the kernel would not let go, and unpins it when it does`() throws {
        let kernel = FakeKernel(Small.machine)
        var rest = (Self.before + [Small.state(33, "offline"), .snapshot, Small.state(33, "offline"), .uevents])[...]
        let recording = try Recording(kernel, Small.machine, stopsAtFinding: false) { _ in
            if rest.count == 4 { kernel.pin(33) }
            if rest.count == 2 { kernel.unpin(33) }
            return rest.popFirst()
        }
        #expect(recording.findings.isEmpty)
        #expect(
            recording.steps.map(\.operation).suffix(6) == [
                .pin(block: 33), Small.state(33, "offline"), .snapshot, .unpin(block: 33), Small.state(33, "offline"),
                .uevents,
            ])
    }

    @Test func `finds the block that kept a memory device from going, by the uevents`() throws {
        let kernel = FakeKernel(Small.machine)
        let plug: [Transcripts.Operation] = [
            .plug(id: "d1", bytes: 3 * 128 << 20, node: 1), Small.state(80, "online_kernel"),
            Small.state(81, "online_kernel"), Small.state(82, "online_kernel"), .uevents,
        ]
        var rest = (plug + [.unplug(id: "d1"), .uevents, .snapshot])[...]
        let recording = try Recording(kernel, Small.machine, stopsAtFinding: false) { _ in
            if rest.count == 3 { kernel.pin(81) }
            return rest.popFirst()
        }
        #expect(recording.findings.isEmpty)
        #expect(
            recording.steps.map(\.operation).suffix(4) == [
                .pin(block: 81), .unplug(id: "d1"), .uevents, .snapshot,
            ])
    }

    @Test func `leaves out another recording's pins`() throws {
        let recording = try Recording(FakeKernel(Small.machine), Small.machine, [.pin(block: 3), .snapshot])
        #expect(recording.steps.map(\.operation) == [.snapshot])
    }

    @Test func `says what differs, and goes on or stops`() throws {
        func kernel() -> FakeKernel {
            FakeKernel(Small.machine) { operation, answer, _ in
                if case .read = operation { return ["errno": .number(5)] }
                return answer
            }
        }
        let read = Transcripts.Operation.read(path: "/sys/devices/system/memory/block_size_bytes")
        let all = try Recording(kernel(), Small.machine, [read, .uevents, read])
        #expect(all.findings.map(\.step) == [0, 2])
        #expect(
            all.findings[0].description.contains(
                "R /sys/devices/system/memory/block_size_bytes: errno: kernel 5, here 0"))
        let first = try Recording(kernel(), Small.machine, [read, .uevents, read], stopsAtFinding: true)
        #expect(first.steps.count == 1 && first.findings.count == 1)
    }

    @Test func `of a file that is not there does not ask which call said so`() throws {
        let kernel = FakeKernel(Small.machine) { _, answer, _ in answer.filter { $0.key != "at" } }
        let gone = Transcripts.Operation.read(path: "/sys/devices/system/node/node7/distance")
        let recording = try Recording(kernel, Small.machine, [gone])
        #expect(recording.steps[0].answer == ["errno": .number(2)] && recording.findings.isEmpty)
    }

    @Test func `of another errno is no matter of pins`() throws {
        let kernel = FakeKernel(Small.machine) { operation, answer, _ in
            operation == Small.state(33, "offline") ? ["errno": .number(12), "ret": .number(-1)] : answer
        }
        let recording = try Recording(kernel, Small.machine, Self.before + [Small.state(33, "offline")])
        #expect(recording.findings.count == 1)
        #expect(!recording.steps.contains { $0.operation == .pin(block: 33) })
    }

    @Test func `is tried once more where the kernel dies, and no more`() throws {
        var boots = 0
        func subject(failing: Int) -> Subject {
            Subject(name: "small", commandLine: "", machine: Small.machine) { () throws(KernelFailure) in
                boots += 1
                if boots <= failing { throw KernelFailure(description: "hung") }
                return FakeKernel(Small.machine)
            }
        }
        var notices: [String] = []
        let name = try subject(failing: 1).withKernel({ notices.append($0) }) { $0.name }
        #expect(name == "Fake 1.0" && boots == 2 && notices.count == 1)
        boots = 0
        #expect(throws: KernelFailure.self) { try subject(failing: 2).withKernel({ _ in }) { $0.name } }
        #expect(boots == 2)
    }
}
