// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// Reads `[[fault]]`: what goes wrong on demand, in the words of the control `faults`.
struct FaultReader {
    let root: TableReader

    /// The faults, in the file's order.
    func read() throws(MachineFileError) -> [Fault] {
        var faults: [Fault] = []
        var names: [String: String] = [:]
        for table in try root.tables("fault") {
            try table.expectOnly(.fault)
            guard try table.name("kind", of: FaultKind.self) != nil else { throw table.missing("kind") }
            _ = try table.name("action", of: UeventAction.self)
            let fault = try fault(table)
            if let other = names.updateValue(table.path, forKey: fault.name) {
                throw table.error(
                    table.has("name") ? "name" : "kind",
                    "\(table.locator.mention(other)) is called \(fault.name.quoted), too; give another name")
            }
            faults.append(fault)
        }
        return faults
    }

    private func fault(_ table: TableReader) throws(MachineFileError) -> Fault {
        var words: [FaultKey: String] = [:]
        for key in FileTable.fault.keys {
            guard let word = FaultKey(rawValue: key.name) else { continue }
            words[word] = try table.word(key.name, key.kind)
        }
        do throws(FaultProblem) { return try Fault(words) } catch {
            guard table.has(error.key.rawValue) else { throw table.missing(error.key.rawValue) }
            throw table.error(error.key.rawValue, error.reason)
        }
    }
}
