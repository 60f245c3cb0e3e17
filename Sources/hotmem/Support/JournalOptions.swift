// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Where what comes to a machine is recorded.
struct JournalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Keep the journal in this directory, which is nobody else's (chmod 700) or is made, and go on with the machine \
            whose journal is there (default: a runtime directory, and the journal goes when the tree is unmounted).
            """, valueName: "dir"),
        completion: .directory)
    var state: String?

    @Flag(help: "Keep no journal: the machine is gone when its daemon is.")
    var noJournal = false

    @Option(
        help: ArgumentHelp(
            "Begin with the machine of a journal, as it was when that ended; the file stays as it is.",
            valueName: "file"),
        completion: .file())
    var journal: String?

    /// The state is nobody's once the tree is unmounted; said by a daemon's starter.
    @Flag(help: .hidden)
    var forgetState = false

    /// Started by a keeper, at a mount that is there, or in place of one: the journal counts, whatever the machine's file says.
    @Flag(help: .hidden)
    var kept = false
    @Flag(help: .hidden)
    var again = false

    /// For tests: as on a kernel that sends no request again.
    @Flag(help: .hidden)
    var noRepeats = false

    /// Whether the journal goes with the mount.
    var isForgotten: Bool { state == nil || forgetState }

    /// What holds where nobody says anything.
    static var usual: JournalOptions {
        var options = JournalOptions()
        (options.state, options.noJournal, options.journal, options.forgetState) = (nil, false, nil, false)
        (options.kept, options.again, options.noRepeats) = (false, false, false)
        return options
    }

    func validate() throws {
        if state == "" { throw ValidationError("--state needs the path of a directory") }
        if noJournal, state != nil || journal != nil {
            throw ValidationError("--no-journal goes with neither --state nor --journal")
        }
    }
}
