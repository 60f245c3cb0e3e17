// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A program in a process of its own.
struct Child {
    let process: pid_t

    init?(_ words: [String]) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // It is not to hold the mounts of tests that run meanwhile.
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
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var started: pid_t = 0
        guard posix_spawn(&started, words[0], &actions, &attributes, &arguments, environ) == 0 else { return nil }
        process = started
    }

    /// How it ended, as waitpid(2) says: an exit code times 256, or a signal. Nil if it has not within five seconds.
    func ended() -> Int32? {
        var status: Int32 = 0
        return eventually { waitpid(process, &status, WNOHANG) == process } ? status : nil
    }
}
