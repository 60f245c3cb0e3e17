// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing
import Transcripts

@testable import oracle

@Suite struct `Shrinking` {
    @Test func `leaves the elements that matter, in order`() {
        var tries = 0
        let shrinker = Shrinker<Int>(
            isStillShown: { list in
                tries += 1
                return list.contains(17) && list.contains(90)
            }, mayGoOn: { true })
        #expect(shrinker.shrunk(Array(0..<120)) == [17, 90])
        #expect(tries < 60)
    }

    @Test func `leaves nothing where nothing matters, and all where all does`() {
        #expect(Shrinker<Int>(isStillShown: { _ in true }, mayGoOn: { true }).shrunk([1, 2, 3]) == [])
        #expect(Shrinker<Int>(isStillShown: { $0.count == 3 }, mayGoOn: { true }).shrunk([1, 2, 3]) == [1, 2, 3])
        #expect(Shrinker<Int>(isStillShown: { _ in true }, mayGoOn: { true }).shrunk([]) == [])
    }

    @Test func `stops when there is no more time`() {
        var tries = 0
        let shrinker = Shrinker<Int>(
            isStillShown: { _ in
                tries += 1
                return false
            }, mayGoOn: { tries < 5 })
        #expect(shrinker.shrunk(Array(0..<100)).count == 100)
        #expect(tries == 5)
    }

    /// A kernel on which an online_movable block makes another block's phys_device wrong.
    private static func wrongKernel() -> FakeKernel {
        FakeKernel(Small.machine) { operation, answer, before in
            let isMovable = before.contains { $0.description.hasSuffix("state online_movable") }
            let isPlugged = before.contains { if case .plug = $0 { true } else { false } }
            guard case .snapshot = operation, isMovable, isPlugged else { return answer }
            var answer = answer
            answer["nodes"] = .object(["online": .text("0-7")])
            return answer
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `finds the shortest walk that shows a wrong kernel`(seed: UInt64) throws {
        let subject = Subject(name: "small", commandLine: "", machine: Small.machine) { Self.wrongKernel() }
        let walker = Walker(
            subject: subject, hardware: try VirtualHardware(Small.machine), seed: seed, operations: 100, say: { _ in })
        let recording = try walker.walk()
        #expect(recording.findings.count == 1)
        let shrunk = walker.shrunk(recording, until: .now + .seconds(60))
        #expect(shrunk.findings.count == 1)
        // A plug, a write of online_movable whatever came of it, and the look that shows it.
        #expect(shrunk.steps.count == 3)
        #expect(shrunk.steps.last?.operation == .snapshot)
    }
}
