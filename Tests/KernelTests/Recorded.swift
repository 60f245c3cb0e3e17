// SPDX-License-Identifier: Apache-2.0

import Foundation
import MachineFile
import MemoryModel
import Transcripts

/// The transcripts and machine files that come with the tests.
enum Recorded {
    private static let directory = Bundle.module.resourceURL!

    /// What the transcripts are called.
    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "Transcripts").path)
        return (files ?? []).filter { $0.hasSuffix(".jsonl") }.map(\.withoutEnding).sorted()
    }()

    static func transcript(_ name: String) throws -> Transcript {
        try Transcript(path: directory.appending(path: "Transcripts/\(name).jsonl").path)
    }

    static func machine(for transcript: Transcript) throws -> Machine {
        let path = directory.appending(path: "Machines/\(transcript.machine).toml").path
        var description = try MachineFile.load(path: path)
        description.commandLine = transcript.commandLine
        return Machine(booting: description)
    }
}
