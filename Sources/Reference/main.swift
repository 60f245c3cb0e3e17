// SPDX-License-Identifier: Apache-2.0

import Foundation

// Writes the reference of the tree's files into a documentation catalog: hotmem-reference DIRECTORY

guard CommandLine.arguments.count == 2 else {
    FileHandle.standardError.write(Data("usage: hotmem-reference DIRECTORY\n".utf8))
    exit(2)
}
let directory = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
for (name, text) in ReferencePages(presence: try Presence()).all() {
    try Data(text.utf8).write(to: directory.appendingPathComponent(name))
}
