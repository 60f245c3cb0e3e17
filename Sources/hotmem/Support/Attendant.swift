// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import Logging
import MemoryModel
import Service
import SysfsTree
import TreeServer

/// Stands beside a machine that is served: tells the service manager how it is, and reads its file again when asked to.
final class Attendant: Sendable {
    private let server: MachineServer
    private let place: MountPoint
    private let canLook: Bool
    private let options: MachineOptions
    private let manager: ServiceManager?
    private let reloads: Bool
    private let current: Reload
    private let logger: Logger

    /// - Parameters:
    ///   - canLook: whether this process may read the tree.
    ///   - options: where the machine is from, wherever this process will be.
    ///   - manager: who wants to hear.
    ///   - reloads: whether SIGHUP means to read the machine's file again, and not to end.
    init(
        _ server: MachineServer, at place: MountPoint, canLook: Bool, of options: MachineOptions,
        _ description: MachineDescription, manager: ServiceManager?, reloads: Bool, logger: Logger
    ) {
        self.canLook = canLook
        (self.server, self.place, self.options, self.manager) = (server, place, options, manager)
        (self.reloads, self.logger) = (reloads, logger)
        current = Reload(of: description, logger: logger)
    }

    /// Tells that the tree is served, as soon as it answers.
    func begin() {
        guard let manager else { return }
        guard canLook else {
            // The kernel's first request waits since the tree was mounted: after the next look for one, it has its
            // answer.
            return server.onServingThread { [self] _ in
                server.onServingThread { [self] in tellReady(manager, $0.machine) }
            }
        }
        Background.onThread { [self] in
            guard place.answers() else {
                logger.error("\(place.path): the tree does not answer")
                return server.stop()
            }
            server.onServingThread { [self] in tellReady(manager, $0.machine) }
        }
    }

    private func tellReady(_ manager: ServiceManager, _ machine: Machine) {
        let errno = manager.tell(.ready, .status(status(of: machine)))
        if errno != 0 { logger.debug("NOTIFY_SOCKET: \(String(cString: strerror(errno)))") }
    }

    /// Reads the machine's file again, and brings the machine to what it says.
    ///
    /// - Returns: false where this is not what SIGHUP means.
    func reload() -> Bool {
        guard reloads else { return false }
        manager?.tell(.reloading(at: FuseSession.now / 1000))
        let new: Result<MachineDescription, Failure> = Result { () throws(Failure) in try options.describeAgain() }
        server.onServingThread { [self] session in
            var note = ""
            switch new {
            case .success(let new):
                let left = current.apply(new, to: session)
                if !left.isEmpty { note = "; to be restarted for: \(left.joined(separator: ", "))" }
            case .failure(let failure):
                logger.error("not reloaded: \(failure.line)")
                note = "; not reloaded: \(failure.line)"
            }
            manager?.tell(.ready, .status(status(of: session.machine) + note))
        }
        return true
    }

    /// Tells that it is over.
    func end(_ errno: Int32) {
        if errno != 0 { logger.error("the tree can no longer be served: \(String(cString: strerror(errno)))") }
        manager?.tell(.stopping)
    }

    private func status(of machine: Machine) -> String {
        "\(machine.description.architecture.rawValue) machine, \(machine.blocks.count) blocks, at \(place.path)"
    }
}

extension MachineOptions {
    /// The machine as described by now.
    fileprivate func describeAgain() throws(Failure) -> MachineDescription {
        guard machine != "-" else { throw .usage("standard input cannot be read a second time") }
        return try describe()
    }
}
