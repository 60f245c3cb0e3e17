// SPDX-License-Identifier: Apache-2.0

/// Makes errors that name the place in the file that they are about.
struct Locator {
    /// What the file is called.
    let name: String
    /// The line of each key path.
    var lines: [String: Int] = [:]
    /// The `[[cpu]]` table of each processor, where they are not one to one.
    var cpuTables: [Int] = []

    /// An error about a key.
    func error(_ keyPath: String, _ reason: String) -> MachineFileError {
        let path = written(keyPath)
        return MachineFileError(file: name, line: line(of: path), keyPath: path, reason: reason)
    }

    /// An error about a processor's key.
    func error(cpu index: Int, _ reason: String) -> MachineFileError {
        error("cpu[\(cpuTables.indices.contains(index) ? cpuTables[index] : index)].node", reason)
    }

    /// A table's name in another's error: `memory[1] (line 12)`.
    func mention(_ keyPath: String) -> String {
        lines[keyPath].map { "\(keyPath) (line \($0))" } ?? keyPath
    }

    /// The line of a key, or of the closest thing around it that has one.
    private func line(of keyPath: String) -> Int? {
        var path = Substring(keyPath)
        while true {
            if let line = lines[String(path)] { return line }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<cut]
        }
    }

    /// The key that the file gives: a range's end may be written as its size.
    private func written(_ keyPath: String) -> String {
        guard keyPath.hasSuffix(".last"), lines[keyPath] == nil else { return keyPath }
        let size = keyPath.dropLast(4) + "size"
        return lines[String(size)] == nil ? keyPath : String(size)
    }
}
