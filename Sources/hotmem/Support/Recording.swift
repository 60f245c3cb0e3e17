// SPDX-License-Identifier: Apache-2.0

import Journal
import MachineFile
import Transcripts

/// A transcript that is written while a command runs: the recorder, and its file.
final class Recording {
    let recorder: TranscriptRecorder
    private let file: OutputFile

    /// Begins one.
    ///
    /// - Parameters:
    ///   - path: the file, which is replaced when the recording is whole.
    ///   - boot: what the machine is booted from.
    ///   - machineFiles: where that was read, if it was a file.
    init(to path: String, of boot: BootRecord, readFrom machineFiles: [String]) throws(Failure) {
        let file = try OutputFile(path, from: machineFiles, besideCommand: true)
        self.file = file
        let preset = Preset.all.first { $0.text == boot.text }
        let name = Self.stem(path)
        // Its bytes are characters, as everywhere in a transcript; presets are ASCII.
        let header = Transcript(
            name: name, machine: preset?.name ?? Self.stem(boot.name), commandLine: boot.commandLine,
            kernel: "hotmem \(Hotmem.version)", machineFile: preset == nil ? boot.text : nil, hasAllUevents: true,
            hasEnd: true, steps: [])
        recorder = TranscriptRecorder(header: header.header) { file.add($0) }
    }

    /// A file's name without its directory and ending.
    private static func stem(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "transcript").withoutEnding
    }

    /// Writes what is left, once nobody records any more.
    func end() throws(Failure) {
        recorder.end()
        do throws(Failure) { try file.finish() } catch { throw .failed(error.line + "; the recording is not whole") }
    }
}
