// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Glibc
import Journal
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
    private let isHandedOver: Bool
    private let journal: MachineJournal?
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
    ///   - isHandedOver: whether somebody else mounted the tree, and will take it away.
    ///   - journal: the machine's, if it has one.
    ///   - options: where the machine is from, wherever this process will be.
    ///   - manager: who wants to hear.
    ///   - reloads: whether SIGHUP means to read the machine's file again, and not to end.
    init(
        _ server: MachineServer, at place: MountPoint, with steward: Steward?, isHandedOver: Bool,
        of options: MachineOptions, _ description: MachineDescription, journal: MachineJournal?,
        manager: ServiceManager?, reloads: Bool, logger: Logger
    ) {
        (self.steward, self.isHandedOver, self.journal) = (steward, isHandedOver, journal)
        (self.server, self.place, self.options, self.manager) = (server, place, options, manager)
        (self.reloads, self.logger) = (reloads, logger)
        current = Reload(of: description, logger: logger)
    }

    /// Tells that the tree is served, as soon as it answers.
    func begin() {
        guard manager != nil else { return }
        guard !isHandedOver else {
            // Without a journal nobody can go on: the mount is to end with this process, so nobody else may hold it.
            if journal == nil { tell(.forget(Mounting.handedOver)) }
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

    /// Brings the machine to where its journal ends, before it is served.
    ///
    /// - Parameter canRepeat: whether the kernel may be asked to send requests again.
    func restore(_ records: [JournalRecord], canRepeat: Bool) throws(ServerError) {
        try server.restore(records, isHandedOver: isHandedOver, canRepeat: canRepeat, reload: current.replay)
    }

    /// The same as ``reload()``, if the file says something else than when it was read last.
    func reloadIfChanged() {
        guard reloads, isHandedOver, let journal, let now = try? options.read(), !now.boots(sameAs: journal.lastRead)
        else {
            return
        }
        _ = reload()
    }

    /// Reads the machine's file again, and brings the machine to what it says.
    ///
    /// - Returns: false where this is not what SIGHUP means.
    func reload() -> Bool {
        guard reloads else { return false }
        tell(.reloading(at: FuseSession.now / 1000))
        let new: Result<(BootRecord, MachineDescription), Failure> = Result { () throws(Failure) in
            try describeAgain()
        }
        server.onServingThread { [self] session in
            var note = ""
            switch new {
            case .success((let boot, let new)):
                let input = Input.reload(text: boot.text, name: boot.name, commandLine: boot.commandLine)
                guard let left = try? session.take(input, { current.apply(new, to: session) }) else {
                    note = "; not reloaded: the journal cannot be written"
                    break
                }
                if !left.refused.isEmpty { note = "; not reloaded: \(left.refused.joined(separator: ", "))" }
                if !left.needRestart.isEmpty {
                    note += "; to be booted anew for: \(left.needRestart.joined(separator: ", "))"
                }
            case .failure(let failure):
                logger.error("not reloaded: \(failure.line)")
                try? session.note("not reloaded: \(failure.line)")
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
        // Under a manager the next process may go on with it.
        if manager == nil { journal?.end() }
        if isHandedOver { return }
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
    private func describeAgain() throws(Failure) -> (BootRecord, MachineDescription) {
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
        let boot = if let opened { try options.read(from: opened) } else { try options.read() }
        return (boot, try boot.describe())
    }
}
