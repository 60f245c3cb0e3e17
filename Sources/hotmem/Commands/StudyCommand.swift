// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Picture
import Study

/// `hotmem study`: questions that many simulated machines answer.
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study", abstract: "Compare machines that differ in one thing.",
        discussion: """
            EXAMPLES:
              hotmem study section-size
              hotmem study section-size --machine ppc64 --workload 80 --json
            """,
        subcommands: [SectionSize.self])

    /// A table over section sizes.
    struct SectionSize: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "section-size", abstract: "Compare section sizes: what they cost, and what they are worth.",
            discussion: """
                Boots the machine with sections (memory blocks) of 16 MiB to 4 GiB, gives each node a reproducible load, \
                takes each section offline on a copy, and counts. The columns:

                  SECTION    size of a section
                  SECTIONS   sections with memory
                  ARRAY      the section array: 16 bytes (struct mem_section, Linux 6.1) for each
                             section from address 0 to the last with memory or room to plug some
                  MAP        the memory map: 64 bytes (struct page) for each page of sections
                             with memory
                  HOLES      what of these sections no memory backs; a 64th of it is map for
                             nothing, with pages of 4 KiB
                  REMOVABLE  part of the sections that went offline at once
                  MOVED      pages that moved per section that did
                  TIME       that, times the time per page

                Small sections follow holes closely, are likely to be free of memory that cannot move, and go \
                quickly; but there are many of them, and each lookup of a page touches the section array. Large \
                sections need a small array, but one page that cannot move keeps all of a section.

                A microsecond per page is an assumption, not a measurement; measure your own with move_pages(2). \
                Isolation and waiting for page users come on top. Sizes are tried that the processor's kernel would not \
                be built for. Of many sections, a sample is tried, evenly spread; the last line says so. The \
                load is at random up to 2097152 pages; what there is beyond, one process on each node holds.

                EXAMPLES:
                  hotmem study section-size --machine large-server
                  hotmem study section-size --machine my.toml --cmdline kernelcore=25% --workload 80
                  hotmem study section-size --seed 7 --microseconds-per-page 2.5 --json
                """)

        @OptionGroup var options: MachineOptions

        @Option(help: ArgumentHelp("The load, in percent of the memory that is free after boot.", valueName: "percent"))
        var workload: Int = 50

        @Option(help: ArgumentHelp("How often each node's load allocates or frees.", valueName: "count"))
        var steps: Int = 20

        @Option(help: "Where the load's random numbers begin; the same seed gives the same table.")
        var seed: UInt64 = 1

        @Option(help: ArgumentHelp("What moving a page takes.", valueName: "time"))
        var microsecondsPerPage: Double = 1

        @Flag(help: "As JSON: one object with machine, parameters and rows.")
        var json = false

        func validate() throws {
            guard (0...95).contains(workload) else {
                throw ValidationError("--workload is 0 to 95 percent; with less than 5 free nothing can move")
            }
            guard (1...100_000).contains(steps) else { throw ValidationError("--steps is 1 to 100000") }
            guard (0...1_000_000).contains(microsecondsPerPage) else {
                throw ValidationError("--microseconds-per-page is 0 to 1000000")
            }
        }

        func run() throws {
            let study = SectionSizeStudy(
                of: try options.describe(),
                .init(
                    loadPercent: UInt64(workload), steps: steps, seed: seed, microsecondsPerPage: microsecondsPerPage))
            var progress = ProgressLine()
            let rows = SectionSizeStudy.sizes.map { size in
                study.row(of: size) { part in
                    progress.show("sections of \(ByteText.short(size)): \(Int(part * 100)) %")
                }
            }
            progress.clear()
            let report = SectionSizeReport(machine: options.machine, study: study, rows: rows)
            Terminal.print(json ? report.json : report.text)
        }
    }
}
