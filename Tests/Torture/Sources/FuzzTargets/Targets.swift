// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What is given any bytes. A row here, a directory of the name in Corpus with inputs to begin with, and a dictionary
/// where there are words worth knowing, make a target.
let targets: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("machine", MachineTarget.run),
    ("cmdline", CommandLineTarget.run),
    ("control", ControlTarget.run),
    ("attribute", AttributeTarget.run),
    ("uevent", UeventTarget.run),
    ("capture", CaptureTarget.run),
    ("archive", ArchiveTarget.run),
    ("journal", JournalTarget.run),
    ("transcript", TranscriptTarget.run),
]

/// Chosen once, before the first input.
nonisolated(unsafe) private var chosen: @Sendable ([UInt8]) -> Void = { _ in }

@_cdecl("hotmem_fuzz_choose")
public func choose(_ name: UnsafePointer<CChar>) -> CInt {
    let name = String(cString: name)
    guard let target = targets.first(where: { $0.name == name }) else { return -1 }
    chosen = target.run
    return 0
}

@_cdecl("hotmem_fuzz_one")
public func one(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
    chosen(Array(UnsafeBufferPointer(start: bytes, count: count)))
}

/// Ends the process where something does not hold, with a reason that is printed.
func require(_ holds: Bool, _ reason: @autoclosure () -> String) {
    guard holds else { fatalError(reason()) }
}
