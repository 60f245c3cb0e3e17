// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MachineFile
import MemoryModel
import Picture

/// `hotmem machine`: what machines there are, and what is in a machine file.
struct MachineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "List, show and check machines.",
        discussion: """
            EXAMPLES:
              hotmem machine list
              hotmem machine show two-nodes > my.toml
              hotmem machine check my.toml
            """,
        subcommands: [List.self, Show.self, Check.self])

    /// The presets.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the machines that come with hotmem.", discussion: "EXAMPLE:\n  hotmem machine list --json")

        @Flag(help: "As JSON: an array of objects with name and summary.")
        var json = false

        func run() {
            let presets = Preset.all
            if json {
                let items = presets.map {
                    "  {\"name\": \(JSONText.text($0.name)), \"summary\": \(JSONText.text($0.summary))}"
                }
                return Terminal.print("[\n" + items.joined(separator: ",\n") + "\n]\n")
            }
            let width = presets.map(\.name.count).max() ?? 0
            for preset in presets {
                let padding = String(repeating: " ", count: width + 2 - preset.name.count)
                Terminal.print(preset.name + padding + preset.summary + "\n")
            }
        }
    }

    /// A preset's text, or a file's.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a machine's file, a start for one of your own.",
            discussion: "EXAMPLE:\n  hotmem machine show x86_64 > my.toml")

        @Argument(help: "A preset, or a machine file.", completion: .machine)
        var machine: String = Preset.default.name

        func run() throws {
            do throws(MachineFileError) {
                let source = try MachineFile.source(machine)
                _ = try MachineFile.parse(source.text, name: source.name)
                Terminal.print(source.text)
            } catch { throw Failure.usage(error.description) }
        }
    }

    /// Whether a machine can exist, and what it boots to.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a machine file, and say what it boots to.",
            discussion: "EXAMPLE:\n  hotmem machine check my.toml")

        @OptionGroup var boot: BootOptions

        @Argument(help: "A machine file, or a preset.", completion: .machine)
        var machine: String

        @Flag(help: "As JSON: one object.")
        var json = false

        func run() throws {
            var options = MachineOptions()
            options.machine = machine
            options.cmdline = boot.cmdline
            let machine = try options.boot()
            Terminal.print(json ? MachineSummary(machine).json : MachineSummary(machine).text)
        }
    }

    /// How a machine is booted, where the machine itself is an argument.
    struct BootOptions: ParsableArguments {
        @Option(help: ArgumentHelp("Kernel parameters, after those of the machine file.", valueName: "parameters"))
        var cmdline: String = ""
    }
}
