// SPDX-License-Identifier: Apache-2.0

public import Logging
public import MemoryModel
public import SysfsTree

/// Brings a running machine to what its file says now, as far as that goes.
///
/// @unchecked Sendable: ``apply(_:to:)`` is called on the thread that serves the tree.
public final class Reload: @unchecked Sendable {
    private var current: MachineDescription
    private let logger: Logger

    /// - Parameters:
    ///   - description: what the machine was booted from.
    ///   - logger: where it says what it did, and what has to wait.
    public init(of description: MachineDescription, logger: Logger) { (current, self.logger) = (description, logger) }

    /// Does what can be done, and names the rest.
    ///
    /// - Returns: what needs a restart.
    public func apply(_ new: MachineDescription, to session: TreeSession) -> [String] {
        let update = MachineUpdate(of: session.machine, from: current, to: new)
        let old = current
        current = new
        for complaint in update.complaints { logger.warning("\(complaint)") }
        for step in update.steps {
            var done: [Command] = []
            do throws(Refusal) {
                for command in step.commands {
                    try session.apply(command)
                    done.append(command)
                }
                logger.notice("reloaded: \(step.name)")
            } catch {
                logger.warning("not reloaded: \(step.name): \(error)")
                // It is tried again next time: the end of what is still there, the beginning of what is not.
                let names = { (workload: BootWorkload) in "workload \(workload.name)" == step.name }
                if case .free? = step.commands.first {
                    current.workloads += old.workloads.filter(names)
                } else {
                    current.workloads.removeAll { names($0) && new.workloads.contains($0) }
                }
                if case .allocate(let workload)? = done.first { try? session.apply(.free(name: workload.name)) }
            }
        }
        if update.steps.isEmpty, update.needRestart.isEmpty { logger.notice("reloaded: nothing has changed") }
        if !update.needRestart.isEmpty {
            let verb = update.needRestart.count == 1 ? "needs" : "need"
            logger.warning("\(update.needRestart.joined(separator: ", ")): \(verb) a restart")
        }
        return update.needRestart
    }
}
