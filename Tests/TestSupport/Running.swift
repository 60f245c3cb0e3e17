// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// A program that has been started, in a process group of its own.
package final class Running {
    package let process: pid_t
    private let command: String
    private let deadline: Double
    private var output: Stream
    private var errors: Stream
    private var isReaped = false

    private struct Stream {
        var descriptor: Int32
        var bytes: [UInt8] = []
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - words: the program's path and its arguments.
    ///   - environment: all of it, as `NAME=value`.
    ///   - input: what it reads.
    ///   - limit: after how many seconds ``finish()`` ends it.
    package init(_ words: [String], environment: [String] = [], input: String = "", limit: Double) throws {
        command = words.joined(separator: " ")
        deadline = Self.now + limit
        let source = try Self.file(holding: input)
        let (outputEnds, errorEnds) = (try Self.pipe(), try Self.pipe())
        defer { [source, outputEnds[1], errorEnds[1]].forEach { _ = close($0) } }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(source, STDIN_FILENO), (outputEnds[1], STDOUT_FILENO), (errorEnds[1], STDERR_FILENO)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        // It is not to hold what tests have open that run meanwhile: mounts, and the ends of others' pipes.
        _ = hidden("posix_spawn_file_actions_addclosefrom_np", AddCloseFrom.self)(&actions, 3)
        // In the threads that tests run on, all signals are blocked.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var started: pid_t = 0
        let error = Self.withStrings(words) { arguments in
            Self.withStrings(environment) { posix_spawn(&started, words[0], &actions, &attributes, arguments, $0) }
        }
        process = started
        (output, errors) = (Stream(descriptor: outputEnds[0]), Stream(descriptor: errorEnds[0]))
        guard error == 0 else {
            isReaped = true
            throw ProgramError(description: "\(command): \(String(cString: strerror(error)))")
        }
    }

    deinit {
        if !isReaped { killAndReap() }
        close(output.descriptor)
        close(errors.descriptor)
    }

    /// Sends it a signal.
    package func send(_ signal: Int32) { kill(process, signal) }

    /// Returns as soon as its output holds the text.
    package func wait(for text: String) throws {
        while !output.text.contains(text) {
            guard pump() else { throw ProgramError(description: "no \(text) from: \(ended(.timedOut))") }
        }
    }

    /// Waits for its end, and until nothing holds its output.
    package func finish() -> Ended {
        while pump() {}
        var status: Int32 = 0
        while Self.now < deadline, output.descriptor < 0, errors.descriptor < 0 {
            if waitpid(process, &status, WNOHANG) == process {
                isReaped = true
                let signal = status & 0x7f
                return ended(signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal))
            }
            usleep(500)
        }
        killAndReap()
        return ended(.timedOut)
    }

    private func ended(_ ending: Ending) -> Ended {
        Ended(command: command, output: output.text, errors: errors.text, ending: ending)
    }

    private func killAndReap() {
        kill(-process, SIGKILL)
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        isReaped = true
    }

    /// Takes what has been written since; false when there is nothing more to come or the time is over.
    private func pump() -> Bool {
        if output.descriptor < 0, errors.descriptor < 0 { return false }
        let left = deadline - Self.now
        guard left > 0 else { return false }
        var sources = [output, errors].map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        poll(&sources, 2, Int32(left * 1000) + 1)
        if sources[0].revents != 0 { Self.take(&output) }
        if sources[1].revents != 0 { Self.take(&errors) }
        return true
    }

    private static func take(_ stream: inout Stream) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(stream.descriptor, &buffer, buffer.count)
        if count > 0 { return stream.bytes += buffer.prefix(count) }
        close(stream.descriptor)
        stream.descriptor = -1
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func pipe() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw ProgramError(description: "pipe: errno \(errno)") }
        return ends
    }

    /// A file without a name, at its start.
    private static func file(holding text: String) throws -> Int32 {
        let path = "/tmp/hotmem-input.\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ProgramError(description: "\(path): errno \(errno)") }
        unlink(path)
        guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
            throw ProgramError(description: "write: errno \(errno)")
        }
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        return body(copies)
    }
}
