// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What the words say that the parser answers with help. It takes any word with one dash and an h in it for -h, and names of
/// commands that there are not for none.
enum HelpRequest {
    private static let names = ["-h", "-help", "--help", "--help-hidden"]

    /// Refuses words that do not ask for help, or for that of something that is not there.
    ///
    /// - Parameter words: those after the program's name.
    static func check(_ words: [String]) throws(Failure) {
        // What completes words for a shell asks for nothing itself.
        guard words.first != "---completion" else { return }
        guard words.first != "help" else {
            return try checkPath(words.dropFirst().filter { !names.contains($0) }, isWhole: true)
        }
        let words = Array(words.prefix { $0 != "--" })
        guard let asking = words.firstIndex(where: { $0 == "--version" || mayAsk($0) }), words[asking] != "--version"
        else {
            return
        }
        let word = words[asking]
        guard names.contains(word) || word.hasPrefix("--help=") else {
            throw .usage(
                "\(word): no options; help is -h or --help, a value is a word of its own, and a file whose name begins with - "
                    + "is ./\(word)")
        }
        try checkPath(Array(words[..<asking]), isWhole: false)
    }

    /// Whether a word is taken for a request.
    private static func mayAsk(_ word: String) -> Bool {
        word.hasPrefix("--help") || word.hasPrefix("-") && !word.hasPrefix("--") && word.contains("h")
    }

    /// Follows the names of commands.
    ///
    /// - Parameter isWhole: whether there is to be nothing else.
    private static func checkPath(_ words: [String], isWhole: Bool) throws(Failure) {
        var (command, path): (any ParsableCommand.Type, String) = (Hotmem.self, "hotmem")
        for word in words {
            let others = command.configuration.subcommands
            guard isWhole || !others.isEmpty && !word.hasPrefix("-") else { return }
            if path == "hotmem", word == "help" { return }
            guard let next = others.first(where: { $0._commandName == word }) else {
                throw .usage("\(path) \(word): no such command (see \(path) --help)")
            }
            (command, path) = (next, path + " " + word)
        }
    }
}
