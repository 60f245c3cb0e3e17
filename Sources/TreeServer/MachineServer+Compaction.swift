// SPDX-License-Identifier: Apache-2.0

import Journal
import Logging
import MemoryModel
import StateCoding
import SysfsTree

/// All that a server would have to be told again, in place of what it was told.
struct ServerState: Codable {
    /// The machine and its tree.
    var session: TreeSession.State
    /// Its events.
    var log: EventLog.State
    /// Writes that wait, by the kernel's numbers for the requests they came with.
    var requests: [UInt64: TreeSession.PendingWrite]
    /// What readers of parts of texts will read, by the handles of their files.
    var readers: [UInt64: TreeSession.PartlyRead]?
}

extension MachineServer {
    /// Puts what came of a journal that has grown long in its place. Where that cannot be written, it stays as it is.
    static func compact(
        _ journal: Journal, _ session: TreeSession, _ log: EventLog, _ files: TreeFileSystem,
        _ beside: Beside, _ logger: Logger
    ) {
        let state = ServerState(
            session: session.state, log: log.state, requests: files.waitingRequests, readers: session.partlyRead)
        do throws(StateError) {
            let bytes = try StateEncoder().encode(state)
            do throws(Refusal) {
                // The mount first: the requests and handles in the snapshot are this mount's.
                let entries = [beside.connection, .snapshot(bytes), beside.reloaded].compactMap { $0 }
                try journal.compact(to: entries + files.pollers.recorded.sorted().map { .polled($0) })
            } catch { logger.warning("\(error.reason)") }
        } catch { logger.error("the journal cannot be made shorter: \(error)") }
    }
}
