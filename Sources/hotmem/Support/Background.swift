// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Sandbox
import Synchronization
import TreeServer

/// Serving a tree behind other work: in a daemon of its own, or on a thread.
enum Background {
    /// Serves a mounted tree in a new process that has left the terminal.
    ///
    /// Only called while the process has one thread. Returns in the caller's process, with the daemon's id.
    ///
    /// - Parameter prepared: what the daemon does before it serves, while it still has one thread.
    static func daemonise(
        _ server: MachineServer, _ attendant: Attendant, prepared: () throws(Failure) -> Void
    ) throws(Failure) -> Int32 {
        let child = clinux_fork()
        guard child >= 0 else { throw Failure.failed("cannot start a daemon: \(String(cString: strerror(errno)))") }
        guard child == 0 else {
            // The tree is the daemon's now. It must die with it, which this copy of /dev/fuse would prevent; and it
            // must not be unmounted when the server is deallocated here.
            close(server.descriptor)
            _ = Unmanaged.passRetained(server)
            return child
        }
        setsid()
        leaveCaller()
        do throws(Failure) { try prepared() } catch {
            Terminal.complain(error.line)
            attendant.end(0)
            exit(error.status)
        }
        exit(serveUntilSignal(server, attendant))
    }

    /// Keeps nothing of the caller's: neither its directory, nor what it may read to its end.
    static func leaveCaller() {
        chdir("/")
        LogDestination.leaveStandardError()
        let null = open("/dev/null", O_RDWR)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { dup2(null, descriptor) }
        if null > STDERR_FILENO { close(null) }
    }

    /// Serves until the tree is unmounted, or a signal asks to end; then the tree is unmounted. ``holdSignals()`` comes
    /// first.
    static func serveUntilSignal(_ server: MachineServer, _ attendant: Attendant) -> Int32 {
        let isToBeReplaced = Atomic(false)
        onThread {
            var (awaited, signal) = (awaitedSignals, Int32(0))
            while sigwait(&awaited, &signal) != 0 || signal == SIGHUP && attendant.reload() {}
            isToBeReplaced.store(signal == SIGUSR1, ordering: .releasing)
            server.stop()
        }
        attendant.begin()
        let status = server.serve()
        if status == 0, isToBeReplaced.load(ordering: .acquiring) { return Int32(CLINUX_SERVER_AGAIN) }
        attendant.end(status)
        return status == 0 && !attendant.failed ? 0 : 1
    }

    /// What would end a process, and can be waited for.
    static let deadly = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR2]

    /// What asks a server to end, to reload, or to end so that its keeper starts another.
    private static var awaitedSignals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in deadly + [SIGUSR1] { sigaddset(&signals, signal) }
        return signals
    }

    /// Keeps the signals that ``serveUntilSignal(_:_:)`` awaits until then: one that comes between the mounting and that
    /// would leave a dead mount. And nobody who stops reading our lines is to end the serving.
    ///
    /// Who does not serve in the end keeps them until its own end: ``inChild(_:)`` hears those that still count.
    static func holdSignals() {
        signal(SIGPIPE, SIG_IGN)
        var awaited = awaitedSignals
        pthread_sigmask(SIG_BLOCK, &awaited, nil)
    }

    /// Lets the signals that are held end this process while something is read that may keep it waiting, such as a pipe that
    /// nobody writes to. Only while nothing is mounted.
    static func hearingSignals<Value>(_ read: () throws(Failure) -> Value) throws(Failure) -> Value {
        var (awaited, before) = (awaitedSignals, sigset_t())
        pthread_sigmask(SIG_UNBLOCK, &awaited, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try read()
    }

    /// Has a child process do what may take long, while this one hears the signals that it holds.
    ///
    /// Only called while the process has one thread.
    ///
    /// - Returns: how the child ended, 0 where it did it; or the signal that came before, and then the child may not have ended.
    static func inChild(_ body: () -> Bool) -> ExitStatus {
        signal(SIGCHLD, SIG_DFL)
        var heard = sigset_t()
        sigemptyset(&heard)
        // What the caller has it ignore, as nohup(1) does, would not have ended it.
        for number in deadly where clinux_ignores(number) == 0 { sigaddset(&heard, number) }
        sigaddset(&heard, SIGCHLD)
        pthread_sigmask(SIG_BLOCK, &heard, nil)
        let child = clinux_fork()
        if child == 0 { _exit(body() ? 0 : 1) }
        guard child > 0 else { return .exited(body() ? 0 : 1) }
        var (status, signal): (Int32, Int32) = (0, 0)
        while waitpid(child, &status, WNOHANG) == 0 {
            guard sigwait(&heard, &signal) == 0, signal != SIGCHLD else { continue }
            // It may be held by what it waits for.
            kill(child, SIGKILL)
            return .signalled(signal)
        }
        // One that came at the same time counts; it may be why the child failed.
        sigdelset(&heard, SIGCHLD)
        var none = timespec()
        signal = sigtimedwait(&heard, nil, &none)
        return signal > 0 ? .signalled(signal) : .exited(status == 0 ? 0 : 1)
    }

    /// Runs something on a thread of its own, until it or the process ends.
    static func onThread(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(error == 0, "no thread to be had: errno \(error)")
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
