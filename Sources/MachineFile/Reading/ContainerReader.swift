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
            try table.expectOnly(["name", "hid", "node", "cpus", "dimms", "present"])
            if try table.bool("present") == true {
                throw table.error("present", "no container is there at boot; plug it in when the machine runs")
            }
            guard let name = try table.string("name") else { throw table.missing("name") }
            containers.append(
                MachineDescription.Container(
                    name: name, kind: try table.name("hid", of: ContainerKind.self) ?? .module,
                    node: try table.requiredInteger("node"), cpus: try table.integer("cpus") ?? 0,
                    dimms: try sizes("dimms", of: table)))
        }
        return containers
    }

    /// An array of numbers of bytes; none if the key is absent.
    private func sizes(_ key: String, of table: TableReader) throws(MachineFileError) -> [UInt64] {
        guard let value = table.table[key] else { return [] }
        guard let array = value.array else {
            throw table.error(key, "must be an array of sizes, such as [\"1G\", \"512M\"]")
        }
        var sizes: [UInt64] = []
        for index in 0..<array.count { sizes.append(try size(array[index], "\(key)[\(index)]", of: table)) }
        return sizes
    }

    private func size(
        _ value: any TOMLValueConvertible, _ key: String, of table: TableReader
    ) throws(MachineFileError) -> UInt64 {
        if let integer = value.int, let size = UInt64(exactly: integer) { return size }
        if let string = value.string, let size = try? ByteCount.parse(string) { return size }
        throw table.error(key, "is no number of bytes; write \"128M\" (K, M, G, T, P, E) or \"0x8000000\"")
    }
}
