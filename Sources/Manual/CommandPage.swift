// SPDX-License-Identifier: Apache-2.0

/// The pages of the program and its commands, made of what the argument parser knows.
struct CommandPage {
    let command: CommandDump.Command
    let edition: Edition
    /// The pages of all commands.
    let all: [PageName]

    /// The page of a command: of the program's own or of one right below it; others are in these.
    static func name(of command: CommandDump.Command) -> PageName {
        PageName(command.typed.replacing(" ", with: "-"), 1)
    }

    var name: PageName { Self.name(of: command) }

    private var isProgram: Bool { command.superCommands?.isEmpty ?? true }

    /// What is common to the program's pages and no option says.
    var text: String {
        var roff = Roff(name, command.about, edition)
        let discussion = Discussion(command.discussion ?? "")
        let inner = isProgram ? [] : command.shownCommands
        roff.section("SYNOPSIS")
        roff.synopsis(
            isProgram ? [Self.programSynopsis(command)] : (inner.isEmpty ? [command] : inner).map(Self.synopsis))
        roff.section("DESCRIPTION")
        if isProgram {
            ProgramText.description.forEach { roff.paragraph($0) }
        } else if let abstract = command.abstract {
            roff.paragraph(abstract)
        }
        roff.parts(discussion.description)
        if isProgram { commands(&roff) }
        for command in inner { Self.subcommand(command, &roff) }
        roff.section("OPTIONS")
        Self.arguments(command.shownArguments, &roff)
        if isProgram { ProgramText.sections(&roff) } else { ProgramText.exitStatus(of: command, discussion, &roff) }
        for section in discussion.sections {
            roff.section(section.title)
            roff.parts(section.parts)
        }
        roff.references(
            all.filter { $0.file != name.file } + [MachineFilePage.name, ControlsPage.name, HelperPage.name]
                + ProgramText.elsewhere)
        return roff.text
    }

    private func commands(_ roff: inout Roff) {
        roff.section("COMMANDS")
        for command in command.shownCommands {
            let page = Self.name(of: command)
            roff.item("\(Roff.bold(page.name))(\(page.section))", command.abstract ?? "")
        }
    }

    /// A command in its parent's page.
    private static func subcommand(_ command: CommandDump.Command, _ roff: inout Roff) {
        roff.subsection(command.typed)
        let discussion = Discussion(command.discussion ?? "")
        if let abstract = command.abstract { roff.paragraph(abstract) }
        roff.parts(discussion.description)
        arguments(command.shownArguments.filter { !$0.isCommon }, &roff)
        for section in discussion.sections {
            roff.paragraph(section.title.prefix(1) + section.title.dropFirst().lowercased() + ":")
            roff.parts(section.parts)
        }
    }

    private static func arguments(_ arguments: [CommandDump.Argument], _ roff: inout Roff) {
        for argument in arguments {
            var words = [argument.abstract ?? ""]
            if let values = argument.allValues { words.append("One of: \(values.joined(separator: ", ")).") }
            if let usual = argument.defaultValue { words.append("Default: \(usual).") }
            roff.item(term(argument), words.filter { !$0.isEmpty }.joined(separator: " "))
        }
    }

    /// `-m, --machine machine`, as roff.
    private static func term(_ argument: CommandDump.Argument) -> String {
        let value = Roff.italic(argument.valueName ?? "value")
        switch argument.kind {
        case .positional: return value
        case .flag: return argument.typedNames.map(Roff.bold).joined(separator: ", ")
        case .option: return argument.typedNames.map(Roff.bold).joined(separator: ", ") + " " + value
        }
    }

    private static func programSynopsis(_ command: CommandDump.Command) -> String {
        "\(Roff.bold(command.typed)) \(Roff.italic("command")) [\(Roff.italic("argument"))...]"
    }

    private static func synopsis(_ command: CommandDump.Command) -> String {
        let words = command.shownArguments.filter { !$0.isCommon }.map { argument in
            var word = Roff.italic(argument.valueName ?? "value")
            if argument.kind != .positional {
                let name = Roff.bold(argument.typedNames.last ?? "")
                word = argument.kind == .flag ? name : "\(name) \(word)"
            }
            if argument.isOptional { word = "[\(word)]" }
            return argument.isRepeating ? word + "..." : word
        }
        return ([Roff.bold(command.typed)] + words).joined(separator: "\n")
    }
}
