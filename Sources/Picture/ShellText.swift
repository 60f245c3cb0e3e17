// SPDX-License-Identifier: Apache-2.0

/// Lines for a shell, that somebody may copy into one.
public enum ShellText {
    /// A word that means itself, whatever is in it.
    public static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
}
