// SPDX-License-Identifier: Apache-2.0

/// Lines for a shell, that somebody may copy into one.
public enum ShellText {
    /// A word that means itself, whatever is in it.
    public static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }

    /// The same, without quotes where it means itself without them.
    static func word(_ word: String) -> String {
        let isPlain =
            !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:".contains($0)) }
        return isPlain ? word : quoted(word)
    }

    /// A path as a word that is no option.
    public static func path(_ path: String) -> String { word(path.hasPrefix("-") ? "./" + path : path) }

    /// A line that writes one to a file. Some shells' echo has backslashes mean something.
    static func write(_ line: String, to path: String) -> String {
        (line.contains("\\") ? "printf '%s\\n' " : "echo ") + quoted(line) + " > " + word(path)
    }
}
