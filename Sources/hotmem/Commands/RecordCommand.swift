// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TreeServer

/// `hotmem record`: a command as `hotmem run` runs it, and a transcript of what it met.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Run a command as hotmem run does, and write down what it met, for hotmem check.",
        discussion: """
            The transcript has, in order, what the command and everything it starts read of the simulated machine, wrote to \
            it, listed and looked for in vain, with the answers: text or errno. Uevents and the passing of the machine's time are in \
            it, too. Its first line names the machine, with the whole machine file if that is no preset, so that hotmem check \
            needs nothing else. It is lines of JSON: a line can be changed, or taken out, by hand.

            The exit status is the command's; 1 if the transcript could not be written. Where hotmem itself is killed, there is no \
            transcript; its beginning may be left beside it, as .hotmem.PID.part.

            WHAT IS SEEN:
            Every read, write and listing, every path that is not there, every open that fails, and chmod and chown; also \
            of static programs. A link is seen when it is read first, for where it points does not change; that a file is \
            there, when it is opened or listed (test -e and stat are not seen). What the kernel refuses by itself does not get as \
            far: an open that a file's mode forbids an ordinary user. Nor does a write of nothing. What differs from run to \
            run is left out: times, inode numbers, SEQNUM, and the text of hotmem's own file events.

            EXAMPLES:
              hotmem record -o grow.jsonl -- ./grow.sh
              hotmem check grow.jsonl
              hotmem record -o late.jsonl --virtual-time --machine old.toml -- sh -c 'chmem -d 128M'
            """)

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "The transcript, which takes the place of a file of that name once it is whole.", valueName: "file"),
        completion: .file(extensions: ["jsonl"]))
    var output = "hotmem.jsonl"

    @OptionGroup var world: WorldOptions

    func validate() throws {
        if output == "-" { throw ValidationError("-o -: standard output is the command's; name a file") }
    }

    func run() throws { try world.run(as: self, caching: .exact, recordingTo: output) }
}
