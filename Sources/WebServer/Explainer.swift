// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import NIOPosix
import Picture

/// Asks the control `explain`, one question at a time: an answer is to the one asked last.
actor Explainer {
    private let files: MachineFiles
    private let pool: NIOThreadPool
    private var latest: Task<Explanation?, any Error>?

    init(files: MachineFiles, pool: NIOThreadPool) { (self.files, self.pool) = (files, pool) }

    /// The answer; nil where there is no such thing.
    ///
    /// - Throws: ``MachineFileProblem`` where the control cannot be used, with EAGAIN where others ask all the time.
    func answer(about subject: Explanation.Subject) async throws -> Explanation? {
        let task = Task { [latest, files, pool] in
            _ = await latest?.result
            return try await pool.runIfActive { try Self.ask(subject, files) }
        }
        latest = task
        return try await task.value
    }

    private static func ask(
        _ subject: Explanation.Subject, _ files: MachineFiles
    ) throws(MachineFileProblem) -> Explanation? {
        let control = MachineFiles.control("explain")
        let lock = clinux_lock_file(files.path(control), 5000)
        defer { if lock >= 0 { close(lock) } }
        let asked = try Explanation.asked(
            about: subject,
            ask: { question throws(MachineFileProblem) in
                do throws(MachineFileProblem) { try files.write(question, to: control) } catch {
                    guard error.errno == EINVAL else { throw error }
                    return false
                }
                return true
            }, read: { () throws(MachineFileProblem) in try files.read(control) })
        switch asked {
        case .told(let explanation): return explanation
        case .absent: return nil
        case .unheard: throw MachineFileProblem(file: files.path(control), errno: EAGAIN)
        }
    }
}
