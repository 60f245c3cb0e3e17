// SPDX-License-Identifier: Apache-2.0

public import MemoryModel
import TOMLKit

/// Machine files: TOML texts that describe a machine.
public enum MachineFile {
    /// Parses machine-file text and checks that the machine can exist.
    ///
    /// - Parameters:
    ///   - text: the machine file.
    ///   - name: what errors call it: the file's path or "preset x86_64".
    public static func parse(_ text: String, name: String) throws(MachineFileError) -> MachineDescription {
        var scanner = TextScanner(text)
        scanner.scan()
        if let problem = scanner.problem {
            throw MachineFileError(file: name, line: problem.line, reason: problem.reason)
        }
        let locator = Locator(name: name, lines: scanner.lines)
        return try MachineReader(table: try table(text, name: name), locator: locator).read()
    }

    /// Reads and parses a file.
    ///
    /// - Parameter path: the file's path, or "-" for standard input.
    public static func load(path: String) throws(MachineFileError) -> MachineDescription {
        let name = path == "-" ? "standard input" : path
        return try parse(try FileText.read(path: path, name: name), name: name)
    }

    /// The machine that `--machine` names.
    ///
    /// - Parameter fileOrPreset: a preset's name, or else a file's path; "./default" is a file beside a preset's name.
    public static func resolve(_ fileOrPreset: String) throws(MachineFileError) -> MachineDescription {
        let source = try source(fileOrPreset)
        return try parse(source.text, name: source.name)
    }

    /// The text of the machine that `--machine` names, and what errors call it.
    public static func source(_ fileOrPreset: String) throws(MachineFileError) -> (text: String, name: String) {
        if let preset = Preset.named(fileOrPreset) { return (preset.text, "preset \(preset.name)") }
        if fileOrPreset != "-", !fileOrPreset.contains("/"), !FileText.exists(path: fileOrPreset) {
            let names = Preset.all.map(\.name)
            let hint = NearestName.of(fileOrPreset, in: names).map { "did you mean \($0.quoted)? " } ?? ""
            throw MachineFileError(
                file: fileOrPreset,
                reason: "neither a file nor a preset; \(hint)Presets: \(names.joined(separator: ", "))")
        }
        let name = fileOrPreset == "-" ? "standard input" : fileOrPreset
        return (try FileText.read(path: fileOrPreset, name: name), name)
    }

    /// The text of a file that is open, and stays so.
    ///
    /// - Parameters:
    ///   - descriptor: a descriptor.
    ///   - name: what errors call it.
    public static func text(of descriptor: Int32, name: String) throws(MachineFileError) -> String {
        try FileText.read(descriptor: descriptor, name: name)
    }

    /// Checks that a machine can exist; ``parse(_:name:)`` does so itself.
    ///
    /// - Parameters:
    ///   - machine: the machine.
    ///   - name: what errors call it.
    public static func check(_ machine: MachineDescription, name: String) throws(MachineFileError) {
        try MachineCheck(machine: machine, locator: Locator(name: name)).run()
    }

    /// Parses text that the scanner has let pass.
    private static func table(_ text: String, name: String) throws(MachineFileError) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let advice = error.description.contains("not representable") ? "; write numbers this large as strings" : ""
            throw MachineFileError(
                file: name, line: error.source.begin.line, reason: "not TOML: \(error.description)\(advice)")
        } catch {
            throw MachineFileError(file: name, reason: "not TOML: \(error)")
        }
    }
}
