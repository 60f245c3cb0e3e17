// SPDX-License-Identifier: Apache-2.0

import Foundation
import Transcripts

/// What QEMU is made to do its work in: a directory for sockets and logs, that goes when this goes.
final class WorkDirectory {
    let path: String

    init() throws(KernelFailure) {
        var template = Array((NSTemporaryDirectory() + "/oracle-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw KernelFailure(description: "no temporary directory", isWorthAnotherTry: false)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// All of a log.
    func text(of log: String) -> String {
        (try? Files.read("\(path)/\(log)")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The last lines of a log, on one line.
    func end(of log: String) -> String {
        let lines = text(of: log).split(whereSeparator: \.isNewline).suffix(6)
        return lines.isEmpty ? "nothing" : lines.joined(separator: " | ")
    }
}

/// A process of QEMU's, killed when this goes, with the sockets that lead to it.
final class Emulator {
    let directory: WorkDirectory
    private let process = Process()

    /// Starts it with these arguments.
    init(_ arguments: [String], in directory: WorkDirectory) throws(KernelFailure) {
        self.directory = directory
        let log = "\(directory.path)/qemu.log"
        do { try Files.write([], to: log) } catch {
            throw KernelFailure(description: error.description, isWorthAnotherTry: false)
        }
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Should this program be killed, it is not to leave a virtual machine behind.
        process.arguments = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        do { try process.run() } catch {
            throw KernelFailure(description: "QEMU: \(error.localizedDescription)", isWorthAnotherTry: false)
        }
    }

    deinit { end() }

    /// Ends it; again, nothing.
    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Its end of a socket.
    func call(to socket: UnixSocket) throws(KernelFailure) -> LineStream {
        guard let stream = socket.accept(within: 20, isHopeless: { !process.isRunning }) else { throw doesNotStart }
        return stream
    }

    /// That it came to nothing, with what it says.
    var doesNotStart: KernelFailure {
        KernelFailure(
            description: "QEMU does not start: \(directory.end(of: "qemu.log"))", isWorthAnotherTry: process.isRunning)
    }
}
