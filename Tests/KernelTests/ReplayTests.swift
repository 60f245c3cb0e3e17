// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing
import Transcripts

/// A simulator that claims a kernel's sysfs gives that kernel's answers.
@Suite struct ReplayTests {
    @Test func `there are transcripts`() { #expect(Recorded.names.count >= 16) }

    @Test(arguments: Recorded.names)
    func `every answer in process is the kernel's`(name: String) throws {
        let transcript = try Recorded.transcript(name)
        var replay = Replay(DirectPlace(try Recorded.machine(for: transcript)), isMounted: false)
        replay.run(transcript)
        #expect(replay.answers > 0)
        #expect(replay.differences == [])
    }

    @Test(arguments: Recorded.names)
    func `every answer through a mount is the kernel's`(name: String) throws {
        let transcript = try Recorded.transcript(name)
        let place = try MountedPlace(try Recorded.machine(for: transcript))
        defer { place.end() }
        var replay = Replay(place, isMounted: true)
        replay.run(transcript)
        #expect(replay.answers > 0)
        #expect(replay.differences == [])
    }

    @Test func `a wrong answer is noticed`() throws {
        let transcript = try Recorded.transcript("movable-node")
        var description = try Recorded.machine(for: transcript).description
        description.commandLine = ""
        var replay = Replay(DirectPlace(Machine(booting: description)), isMounted: false)
        replay.run(transcript)
        #expect(!replay.differences.isEmpty)
    }
}
