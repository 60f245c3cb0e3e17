// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

/// Runs a command on a simulated machine with `hotmem run`.
func world(
    _ command: [String], on machine: String = "default", options: [String] = [], by caller: Caller = .root,
    limit: Double = 60
) throws -> Ended {
    try Scratch.with { scratch in
        try Program.find(command[0])
        return try scratch.hotmem(
            ["run", "--machine", machine] + options + ["--"] + command, by: caller, limit: limit)
    }
}

/// The same for a script in POSIX sh.
func world(
    shell script: String, on machine: String = "default", options: [String] = [], by caller: Caller = .root
) throws -> Ended {
    try world(["dash", "-c", script], on: machine, options: options, by: caller)
}

/// Runs a body with a machine's tree mounted.
func mounted(
    _ machine: String = "default", options: [String] = [], by caller: Caller = .root,
    _ body: (Scratch, String) throws -> Void
) throws {
    try Scratch.with { scratch in
        let place = try scratch.directory("tree")
        if caller == .nobody { chown(place, 65534, 65534) }
        let ended = try scratch.hotmem(["mount", "--machine", machine] + options + [place], by: caller)
        try #require(ended.succeeded && ended.errors.isEmpty, "\(ended)")
        try body(scratch, place)
    }
}

/// Runs one of the Python scripts, whose functions are the cases, in a world of its own; all of them must pass.
///
/// - Parameter changes: what is done to the machine before, in POSIX sh.
func script(
    _ name: String, _ arguments: [String] = [], on machine: String = "default", options: [String] = [],
    after changes: String = "", by caller: Caller = .root, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    // What the scripts make goes with the test's directory.
    let shell = "set -e\nexport TMPDIR=\"$PWD\"\n\(changes)\nexec python3 -B \"$@\""
    let ended = try world(
        ["dash", "-c", shell, "dash", try Installation.shared.script(name)] + arguments, on: machine, options: options,
        by: caller)
    let passed = ended.output.wholeMatch(of: /(?:.*\n)?(\d+) of (\d+) passed\n/.dotMatchesNewlines())
    #expect(
        ended.succeeded && passed.map { $0.1 == $0.2 && $0.1 != "0" } == true, "\(ended)",
        sourceLocation: sourceLocation)
}
