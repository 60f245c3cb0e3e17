// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
import Glibc

/// The world's init as seen from outside: its pid, and the channel on which it reports.
final class InitProcess {
    let channel: Int32
    private(set) var notes: [String] = []
    private let pid: pid_t
    private let timeout: Double
    private var step = WorldStep.pidNamespace
    private var isReaped = false

    init(_ configuration: WorldConfiguration) throws(WorldError) {
        if configuration.failAt == .pidNamespace {
            throw WorldError(step: .pidNamespace, errno: EPERM, detail: "made to fail")
        }
        var ends: [Int32] = [-1, -1]
        let created = csandbox_channel(&ends)
        guard created == 0 else {
            throw WorldError(step: .pidNamespace, errno: -created, detail: "socketpair")
        }
        let isPrivileged = csandbox_is_privileged()
        let prepared = PreparedPlan(
            configuration, isPrivileged: isPrivileged, control: ends[1], controlOfParent: ends[0])
        var plan = prepared.plan
        let result = withExtendedLifetime(prepared) { csandbox_clone(&plan) }
        close(ends[1])
        guard result > 0 else {
            close(ends[0])
            // One call makes both namespaces; of the two, the user namespace is the one that systems forbid.
            throw WorldError(step: isPrivileged ? .pidNamespace : .userNamespace, errno: -result, detail: "")
        }
        channel = ends[0]
        pid = result
        timeout = configuration.answerTimeout
        send(CSANDBOX_HELLO)
    }

    deinit {
        if !isReaped {
            end()
        }
        close(channel)
    }

    /// Sends a record. That the init is gone is noticed on receiving.
    func send(_ kind: csandbox_message_kind, _ value: Int32 = 0) {
        _ = csandbox_send(channel, Int32(kind.rawValue), value)
    }

    /// Waits for a record of this kind while the steps go on; throws when one of them fails or takes too long.
    @discardableResult
    func expect(_ kind: csandbox_message_kind) throws(WorldError) -> [Int32] {
        while true {
            var source = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
            let ready = poll(&source, 1, Int32(timeout * 1000))
            if ready < 0 { continue }
            if ready == 0 {
                end()
                throw WorldError(step: step, errno: ETIMEDOUT, detail: "no progress in \(timeout) seconds")
            }
            guard let (message, descriptors) = receive() else {
                end()
                throw WorldError(step: step, errno: ESRCH, detail: "the world's init died")
            }
            step = WorldStep(code: message.step) ?? step
            switch csandbox_message_kind(rawValue: UInt32(bitPattern: message.kind)) {
            case kind:
                return descriptors
            case CSANDBOX_NOTE:
                notes.append(Self.detail(of: message))
            case CSANDBOX_FAILED, CSANDBOX_NOT_EXECUTABLE:
                let isCommandFailure = UInt32(bitPattern: message.kind) == CSANDBOX_NOT_EXECUTABLE.rawValue
                end()
                throw WorldError(
                    step: step, errno: message.value, detail: Self.detail(of: message),
                    isCommandFailure: isCommandFailure)
            default:
                continue
            }
        }
    }

    /// What the init tells while the command runs.
    enum News {
        /// The command ended.
        case ended(ExitStatus)
        /// A service ended.
        case serviceEnded(String, ExitStatus)
        case other
    }

    /// The next news, when the channel is readable.
    func readNews() -> News {
        guard let (message, _) = receive() else {
            // Killed from outside: the whole world died with it.
            return .ended(.signalled(SIGKILL))
        }
        switch csandbox_message_kind(rawValue: UInt32(bitPattern: message.kind)) {
        case CSANDBOX_ENDED: return .ended(ExitStatus(waitStatus: message.value))
        case CSANDBOX_SERVICE_ENDED:
            return .serviceEnded(Self.detail(of: message), ExitStatus(waitStatus: message.value))
        default: return .other
        }
    }

    /// Kills the init, and by that every process of the world, and waits until they are gone.
    func end() {
        kill(pid, SIGKILL)
        reap(within: 1)
    }

    /// Waits until every process of the world is gone, which the init's exit brings about.
    ///
    /// Bounded: a process that waits for an answer from the tree's server cannot die before that server answers or its
    /// descriptor is closed, and the caller of this may be the one to close it.
    func reap(within seconds: Int = 5) {
        var pause: UInt32 = 100
        var left = seconds * 1_000_000
        while left > 0 {
            let result = waitpid(pid, nil, WNOHANG)
            if result == pid || (result < 0 && errno == ECHILD) {
                isReaped = true
                return
            }
            usleep(pause)
            left -= Int(pause)
            pause = min(pause * 2, 10_000)
        }
    }

    private func receive() -> (csandbox_message, [Int32])? {
        var message = csandbox_message()
        var descriptors = [Int32](repeating: -1, count: CSANDBOX_DESCRIPTORS)
        guard csandbox_receive(channel, &message, &descriptors) == 1 else { return nil }
        return (message, descriptors.filter { $0 >= 0 })
    }

    private static func detail(of message: csandbox_message) -> String {
        withUnsafeBytes(of: message.detail) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
