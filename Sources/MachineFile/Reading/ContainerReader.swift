// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import TOMLKit

/// Reads the `[[container]]` tables: what comes and goes with a node in one go.
struct ContainerReader {
    let root: TableReader

    /// The containers, in the file's order.
    func read() throws(MachineFileError) -> [MachineDescription.Container] {
        var containers: [MachineDescription.Container] = []
        for table in try root.tables("container") {
            try table.expectOnly(.container)
            if try table.bool("present") == true {
                throw table.error("present", "no container is there at boot; plug it in when the machine runs")
            }
            guard let name = try table.string("name") else { throw table.missing("name") }
            containers.append(
                MachineDescription.Container(
                    name: name, kind: try table.name("hid", of: ContainerKind.self) ?? .module,
                    node: try table.requiredInteger("node"), cpus: try table.integer("cpus") ?? 0,
                    dimms: try table.byteCounts("dimms")))
        }
        return containers
    }
}
