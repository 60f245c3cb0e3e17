// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension TreeSession {
    /// Asks the machine what is written to a control, if all of that are questions it has an answer to. They change nothing, so
    /// that they are no input to be recorded, and are answered where nothing can be.
    ///
    /// - Returns: whether they were asked; what was not is refused as any other write.
    func ask(_ inode: Inode, _ text: String) throws(Refusal) -> Bool {
        guard let store = Tree.row(inode)?.store, let commands = try? store(machine, inode.key, text),
            commands.allSatisfy(machine.answers)
        else { return false }
        for command in commands { try apply(command) }
        return true
    }
}
