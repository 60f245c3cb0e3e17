// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import Logging
import MemoryModel
import Service
import Synchronization
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
    /// What a manager that is behind has not heard yet, the oldest first.
    private let unheard = Mutex<[[ServiceManager.Message]]>([])
    private let hasFailed = Atomic(false)
    private let steward: Steward?

    /// Whether the tree did not answer.
    var failed: Bool { hasFailed.load(ordering: .acquiring) }

    /// - Parameters:
    ///   - steward: who may do what this process may not; nil where there is nothing to be done.
    ///   - canLook: whether this process may read the tree.
    ///   - options: where the machine is from, wherever this process will be.
    ///   - manager: who wants to hear.
    ///   - reloads: whether SIGHUP means to read the machine's file again, and not to end.
    init(
        _ server: MachineServer, at place: MountPoint, with steward: Steward?, canLook: Bool,
        of options: MachineOptions,
        _ description: MachineDescription, manager: ServiceManager?, reloads: Bool, logger: Logger
    ) {
        (self.steward, self.canLook) = (steward, canLook)
        (self.server, self.place, self.options, self.manager) = (server, place, options, manager)
        (self.reloads, self.logger) = (reloads, logger)
        current = Reload(of: description, logger: logger)
    }

    /// Tells that the tree is served, as soon as it answers.
    func begin() {
        guard manager != nil else { return }
        guard canLook else {
            // When this process ends, the mount is to end: nobody else may hold it.
            tell(.forget(Mounting.handedOver))
            // The kernel's first request waits since the tree was mounted: after the next look for one, it has its
            // answer.
            return server.onServingThread { [self] _ in
                server.onServingThread { [self] in tell(.ready, .status(status(of: $0.machine))) }
            }
        }
        Background.onThread { [self] in
            guard place.answers() else {
                logger.error("\(place.path): the tree does not answer")
                hasFailed.store(true, ordering: .releasing)
                return server.stop()
            }
            server.onServingThread { [self] in tell(.ready, .status(status(of: $0.machine))) }
        }
    }

    /// Tells the service manager, and returns at once: one that reads the tree before it reads its messages would wait
    /// for an answer from a thread that waits for it. What it cannot take yet is sent by a thread that may wait.
    private func tell(_ messages: ServiceManager.Message...) {
        guard let manager else { return }
        let isFirst = unheard.withLock { unheard in
            if unheard.isEmpty {
                let errno = manager.tell(messages, waits: false)
                if errno != 0 { logger.debug("NOTIFY_SOCKET: \(String(cString: strerror(errno)))") }
                guard errno == EAGAIN else { return false }
            }
            unheard.append(messages)
            return unheard.count == 1
        }
        guard isFirst else { return }
        Background.onThread { [self] in
            while let next = unheard.withLock({ $0.first }) {
                manager.tell(next, waits: true)
                unheard.withLock { _ = $0.removeFirst() }
            }
        }
    }

    /// Reads the machine's file again, and brings the machine to what it says.
    ///
    /// - Returns: false where this is not what SIGHUP means.
    func reload() -> Bool {
        guard reloads else { return false }
        tell(.reloading(at: FuseSession.now / 1000))
        let new: Result<MachineDescription, Failure> = Result { () throws(Failure) in try describeAgain() }
        server.onServingThread { [self] session in
            var note = ""
            switch new {
            case .success(let new):
                let left = current.apply(new, to: session)
                if !left.refused.isEmpty { note = "; not reloaded: \(left.refused.joined(separator: ", "))" }
                if !left.needRestart.isEmpty {
                    note += "; to be restarted for: \(left.needRestart.joined(separator: ", "))"
                }
            case .failure(let failure):
                logger.error("not reloaded: \(failure.line)")
                session.events?.note("not reloaded: \(failure.line)")
                note = "; not reloaded: \(failure.line)"
            }
            tell(.ready, .status(status(of: session.machine) + note))
        }
        return true
    }

    /// Tells that it is over, and takes the tree away.
    func end(_ errno: Int32) {
        if errno != 0 { logger.error("the tree can no longer be served: \(String(cString: strerror(errno)))") }
        manager?.tell(.stopping, waits: false)
        guard let steward else { return server.unmount() }
        guard server.abandon() else { return }
        do throws(StewardError) { try steward.unmount() } catch {
            logger.warning("\(place.path): not unmounted: \(error)")
        }
    }

    private func status(of machine: Machine) -> String {
        "\(machine.description.architecture.rawValue) machine, \(machine.blocks.count) blocks, at \(place.path)"
    }
}

extension Attendant {
    /// The machine as described by now.
    private func describeAgain() throws(Failure) -> MachineDescription {
        let machine = options.machine
        var status = stat()
        // Who has given up root's rights may neither read nor find another user's file.
        let mayNot = machine.hasPrefix("/") && access(machine, R_OK) != 0 && errno == EACCES
        let opened: Int32? = mayNot ? try? steward?.openFile() : nil
        defer { if let opened { close(opened) } }
        let isFile =
            opened.map { fstat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFREG }
            ?? (stat(machine, &status) != 0 || status.st_mode & S_IFMT == S_IFREG)
        guard machine != "-", isFile else { throw .usage("\(machine) cannot be read a second time: it is no file") }
        if let opened { return try options.describe(from: opened) }
        return try options.describe()
    }
}
