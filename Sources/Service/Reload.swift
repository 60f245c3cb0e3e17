// SPDX-License-Identifier: Apache-2.0

public import Logging
public import MemoryModel
public import SysfsTree

/// Brings a running machine to what its file says now, as far as that goes.
///
/// @unchecked Sendable: ``apply(_:to:)`` is called on the thread that serves the tree.
public final class Reload: @unchecked Sendable {
    /// What the machine's file said when it was read last.
    public private(set) var current: MachineDescription
    private let logger: Logger

    /// - Parameters:
    ///   - description: what the machine was booted from.
    ///   - logger: where it says what it did, and what has to wait.
    public init(of description: MachineDescription, logger: Logger) { (current, self.logger) = (description, logger) }

    /// Takes note of what the machine's file said when it was read last; what came of it is there already.
    public func note(_ description: MachineDescription) { current = description }

    /// Does what can be done, and names the rest. It is in the machine's events, too.
    ///
    /// - Returns: what needs a boot, and what was refused and is as before.
    ///
    /// - Parameter isReplayed: whether it has been done, and said, before.
    @discardableResult
    public func apply(
        _ new: MachineDescription, to session: TreeSession, isReplayed: Bool = false
    ) -> (needRestart: [String], refused: [String]) {
        func say(_ line: String, _ level: Logger.Level) {
            if !isReplayed { logger.log(level: level, "\(line)") }
            session.events?.note(line)
        }
        var refused: [String] = []
        let update = MachineUpdate(of: session.machine, from: current, to: new)
        let old = current
        current = new
        for complaint in update.complaints { say(complaint, .warning) }
        for step in update.steps {
            var done: [Command] = []
            do throws(Refusal) {
                for command in step.commands {
                    try session.apply(command)
                    done.append(command)
                }
                say("reloaded: \(step.name)", .notice)
            } catch {
                say("not reloaded: \(step.name): \(error)", .warning)
                refused.append(step.name)
                // It is tried again next time: the end of what is still there, the beginning of what is not.
                let names = { (workload: BootWorkload) in "workload \(workload.name)" == step.name }
                if case .free? = step.commands.first {
                    current.workloads += old.workloads.filter(names)
                } else {
                    current.workloads.removeAll { names($0) && new.workloads.contains($0) }
                }
                if case .allocate(let workload)? = done.first { _ = try? session.apply(.free(name: workload.name)) }
                guard !step.undo.isEmpty else { continue }
                for command in step.undo { _ = try? session.apply(command) }
                current.workloads += old.workloads.filter(names)
            }
        }
        if update.steps.isEmpty, update.needRestart.isEmpty { say("reloaded: nothing has changed", .notice) }
        if !update.needRestart.isEmpty {
            let verb = update.needRestart.count == 1 ? "needs" : "need"
            say("\(update.needRestart.joined(separator: ", ")): \(verb) a boot", .warning)
        }
        return (update.needRestart, refused)
    }
}
