// SPDX-License-Identifier: Apache-2.0

import Foundation

// Writes the manual: hotmem --experimental-dump-help | hotmem-manual DIRECTORY VERSION DATE

guard CommandLine.arguments.count == 4 else {
    FileHandle.standardError.write(
        Data("usage: hotmem --experimental-dump-help | hotmem-manual DIRECTORY VERSION DATE\n".utf8))
    exit(2)
}
let directory = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
let edition = Edition(version: CommandLine.arguments[2], date: CommandLine.arguments[3])
let dump = try JSONDecoder().decode(CommandDump.self, from: FileHandle.standardInput.readDataToEndOfFile())

let commands = [dump.command] + dump.command.shownCommands
let names = commands.map(CommandPage.name)
var pages = commands.map { command in
    let page = CommandPage(command: command, edition: edition, all: names)
    return (page.name, page.text)
}
pages.append((MachineFilePage.name, try MachineFilePage(edition: edition).text()))
pages.append((HelperPage.name, HelperPage(edition: edition).text))
pages.append((ControlsPage.name, ControlsPage(edition: edition).text))

try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
for (name, text) in pages {
    try Data(text.utf8).write(to: directory.appendingPathComponent(name.file))
}
