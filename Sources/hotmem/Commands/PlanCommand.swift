// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import MemoryModel
import SysfsTree

/// `hotmem plan`: what would happen, before it is done.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Tell beforehand what a removal would take.",
        discussion: """
            EXAMPLES:
              hotmem plan remove-node 1 --machine two-nodes
              hotmem run -- sh -c 'hotmem plan remove-node 0'
            """,
        subcommands: [RemoveNode.self])

    /// How all memory of a node can go.
    struct RemoveNode: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove-node", abstract: "Tell how a node can be removed, and what keeps it.",
            discussion: """
                Tells which memory blocks of the node can go offline and in which order, where their pages would move, \
                and what keeps the others. It tries on a copy of the machine, so each step is as it would be; nothing \
                is changed. Blocks that hold memory maps of others go after those were removed; pages move to other \
                nodes, the nearest first.

                Without --machine it asks the machine that runs: below / inside hotmem run, or below --root. It does so \
                with a control file, which scripts can use themselves:

                  echo 'remove-node node=1' > /sys/kernel/debug/hotmem/plan && cat /sys/kernel/debug/hotmem/plan

                The exit status is 0 if all memory of the node can go, 1 if some of it cannot, and 2 if that cannot be told.

                EXAMPLES:
                  hotmem run --machine two-nodes -- hotmem plan remove-node 1
                  hotmem plan remove-node 1 --root /tmp/m --json
                  hotmem plan remove-node 1 --machine my.toml
                """)

        @Argument(
            help: "The node's number, or its name.",
            transform: { text in
                guard let node = UInt32(text.hasPrefix("node") ? String(text.dropFirst(4)) : text) else {
                    throw ValidationError("\(text): not a node; one is called by its number, or node1")
                }
                return Int(node)
            })
        var node: Int

        @OptionGroup var asked: AskedMachine

        @Flag(help: "As JSON: one object with node, result, steps, left and blocked.")
        var json = false

        func run() throws {
            let report: PlanReport
            do throws(Failure) { report = try ask() } catch { throw error.withoutAnswer }
            Terminal.print(json ? report.json : report.text, orEndWith: 2)
            if !report.isPossible { throw ExitCode(1) }
        }

        private func ask() throws(Failure) -> PlanReport {
            let text: String
            if let booted = try askBooted() { text = booted } else { text = try askRunning() }
            let report = PlanReport(text)
            guard report.isWhole(for: node) else {
                throw .failed("node\(node) is not there any more, or another plan was asked for; ask again")
            }
            return report
        }

        private func askBooted() throws(Failure) -> String? {
            guard let machine = try asked.booted() else { return nil }
            guard machine.node(NodeID(node))?.isOnline == true else {
                throw refusal(online: machine.onlineNodes.map { "\($0.id)" }.joined(separator: ", "))
            }
            return machine.planRemoval(of: NodeID(node)).controlText
        }

        private func askRunning() throws(Failure) -> String {
            let root = asked.directory
            let control = try asked.control("plan")
            let errno = control.write("remove-node node=\(node)")
            guard errno == 0 else {
                guard errno == EINVAL else { throw control.unasked(errno) }
                throw refusal(online: "see \(root == "/" ? "" : root)/sys/devices/system/node/online")
            }
            return try control.read()
        }

        private func refusal(online: String) -> Failure {
            .usage("node\(node) is not online; those that are: \(online)")
        }
    }
}
