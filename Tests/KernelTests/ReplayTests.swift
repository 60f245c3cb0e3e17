// SPDX-License-Identifier: Apache-2.0

import Foundation
import MachineFile
import MemoryModel
import Testing

/// A simulator that claims a kernel's sysfs gives that kernel's answers.
@Suite struct ReplayTests {
    private func machine(for transcript: Transcript) throws -> Machine {
        let path = Bundle.module.resourceURL!.appending(path: "Machines/\(transcript.machine).toml").path
        var description = try MachineFile.load(path: path)
        description.commandLine = transcript.commandLine
        return Machine(booting: description)
    }

    @Test(arguments: Transcript.names)
    func `every answer in process is the kernel's`(name: String) throws {
        let transcript = try Transcript(name)
        var replay = Replay(DirectPlace(try machine(for: transcript)), isMounted: false)
        replay.run(transcript)
        #expect(replay.answers > 0)
        #expect(replay.differences == [])
    }

    @Test(arguments: Transcript.names)
    func `every answer through a mount is the kernel's`(name: String) throws {
        let transcript = try Transcript(name)
        let place = try MountedPlace(try machine(for: transcript))
        defer { place.end() }
        var replay = Replay(place, isMounted: true)
        replay.run(transcript)
        #expect(replay.answers > 0)
        #expect(replay.differences == [])
    }

    @Test func `a wrong answer is noticed`() throws {
        let transcript = try Transcript("movable-node")
        var description = try machine(for: transcript).description
        description.commandLine = ""
        var replay = Replay(DirectPlace(Machine(booting: description)), isMounted: false)
        replay.run(transcript)
        #expect(!replay.differences.isEmpty)
    }
}
