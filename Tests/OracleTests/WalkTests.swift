// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing
import Transcripts

@testable import oracle

@Suite struct `A random walk` {
    private static func walk(
        seed: UInt64, operations: Int = 80, features: KernelFeatures = Small.features
    ) throws -> [Transcripts.Operation] {
        let hardware = try VirtualHardware(Small.machine)
        var walk = Walk(seed: seed, operations: operations, features: features, hardware: hardware)
        let recording = try Recording(FakeKernel(Small.machine), Small.machine, stopsAtFinding: false) {
            walk.next(on: $0.machine, pinned: $0.pinned)
        }
        #expect(recording.findings.isEmpty)
        return recording.steps.map(\.operation)
    }

    @Test func `is the same for the same seed, and another for another`() throws {
        let first = try Self.walk(seed: 7)
        #expect(try Self.walk(seed: 7) == first)
        #expect(try Self.walk(seed: 8) != first)
        #expect(first.count > 150)
    }

    @Test func `begins with a look, and looks after each step that may change something`() throws {
        let walk = try Self.walk(seed: 3)
        #expect(walk.first == .snapshot)
        for (index, operation) in walk.enumerated() {
            switch operation {
            case .write, .plug, .unplug: #expect(Array(walk[(index + 1)...].prefix(2)) == [.uevents, .snapshot])
            default: break
            }
        }
    }

    @Test func `comes by everything that can be done`() throws {
        let walks = try (1...12).flatMap { try Self.walk(seed: $0) }
        let texts = walks.map(\.description)
        let wanted = [
            "state online\n", "state online_movable\n", "state online_kernel\n", "state offline\n", "probe 0x",
            "auto_online_blocks", "online_policy auto-movable", "auto_movable_ratio", "MEM_GOING_ONLINE/error",
            "soft_offline_page", "hard_offline_page", "uevent ", "H plug", "H unplug", "valid_zones",
        ]
        for text in wanted { #expect(texts.contains { ($0 + "\n").contains(text) }, "\(text)") }
    }

    @Test func `writes to no file that the kernel lacks`() throws {
        let none = KernelFeatures(hasProbe: false, hasMemoryFailure: false, hasErrorInjection: false)
        let walks = try (1...6).flatMap { try Self.walk(seed: $0, features: none) }
        #expect(walks.allSatisfy { none.missing(for: $0) == nil })
        #expect(try Self.walk(seed: 1).contains { none.missing(for: $0) != nil })
    }

    @Test func `goes where its seed says, or where it is told`() {
        let scenes = (1...200).map { Scene.of(seed: $0, machine: nil, commandLine: nil) }
        #expect(Set(scenes.map(\.machine)) == Set(Scene.machines))
        #expect(scenes[6] == Scene.of(seed: 7, machine: nil, commandLine: nil))
        for parameter in Scene.parameters {
            #expect(scenes.contains { $0.commandLine.contains(parameter.name) }, "\(parameter.name)")
        }
        #expect(scenes.contains { $0.commandLine.isEmpty })
        #expect(Scene.of(seed: 5, machine: "m6", commandLine: nil).machine == "m6")
        #expect(Scene.of(seed: 5, machine: "m9", commandLine: "x") == Scene(machine: "m9", commandLine: "x"))
        #expect(Scene.of(seed: 5, machine: "m9", commandLine: "").commandLine == "")
    }
}
