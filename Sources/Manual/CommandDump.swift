// SPDX-License-Identifier: Apache-2.0

/// What the argument parser says of the program: `hotmem --experimental-dump-help`.
struct CommandDump: Decodable {
    let command: Command

    struct Command: Decodable {
        let commandName: String
        let superCommands: [String]?
        let abstract: String?
        let discussion: String?
        let shouldDisplay: Bool
        private let arguments: [Argument]?
        private let subcommands: [Command]?

        /// All but the hidden, and `help`, which every program has.
        var shownCommands: [Command] { (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" } }

        /// All but the hidden.
        var shownArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }

        /// As it is typed: `hotmem machine list`.
        var typed: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

        /// The abstract as whatis(1) has it: no sentence.
        var about: String {
            let text = abstract ?? commandName
            let body = text.hasSuffix(".") ? String(text.dropLast()) : text
            return body.prefix(1).lowercased() + body.dropFirst()
        }
    }

    struct Argument: Decodable {
        let kind: Kind
        let names: [Name]?
        let valueName: String?
        let abstract: String?
        let defaultValue: String?
        let allValues: [String]?
        let isOptional: Bool
        let isRepeating: Bool
        let shouldDisplay: Bool

        enum Kind: String, Decodable { case positional, option, flag }

        struct Name: Decodable {
            let kind: String
            let name: String

            var typed: String { (kind == "long" ? "--" : "-") + name }
        }

        /// Its names, the short one first.
        var typedNames: [String] {
            let names = names ?? []
            return (names.filter { $0.kind == "short" } + names.filter { $0.kind != "short" }).map(\.typed)
        }

        /// `--version` and `--help` are of every command.
        var isCommon: Bool { kind == .flag && (names ?? []).contains { $0.name == "help" || $0.name == "version" } }
    }
}
