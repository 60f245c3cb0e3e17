// SPDX-License-Identifier: Apache-2.0
//
// A private world for a command: the part that runs between clone(2) and execve(2).
//
// Three processes: the caller (P), the world's init (I, pid 1 of a new pid namespace) and the command (I's child).
// P may have threads, so I is the copy of one thread of a threaded process: it must not allocate, lock or use stdio.
// P therefore prepares everything as plain memory (struct csandbox_plan); I works on its own copy of that memory.

#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The steps, in the order in which they run.
enum csandbox_step {
    CSANDBOX_STEP_NONE = 0,
    CSANDBOX_STEP_USER_NAMESPACE,
    CSANDBOX_STEP_PID_NAMESPACE,
    CSANDBOX_STEP_MOUNT_NAMESPACE,
    CSANDBOX_STEP_PRIVATE_MOUNTS,
    CSANDBOX_STEP_NETWORK_NAMESPACE,
    CSANDBOX_STEP_FUSE_DEVICE,
    CSANDBOX_STEP_TREE_MOUNT,
    CSANDBOX_STEP_UEVENT_SOCKET,
    CSANDBOX_STEP_HANDOVER,
    CSANDBOX_STEP_TREE_ANSWER,
    CSANDBOX_STEP_PROC_MOUNT,
    CSANDBOX_STEP_DEBUGFS,
    CSANDBOX_STEP_READ_ONLY,
    CSANDBOX_STEP_OVERLAY,
    CSANDBOX_STEP_DETACH_TREE,
    CSANDBOX_STEP_VERIFY,
    CSANDBOX_STEP_RUNTIME_DIRECTORY,
    CSANDBOX_STEP_COVERS,
    CSANDBOX_STEP_SERVICES,
    CSANDBOX_STEP_WORKING_DIRECTORY,
    CSANDBOX_STEP_COMMAND,
};

/// A set of signals: bit n - 1 stands for signal n.
typedef uint64_t csandbox_signals;

/// One path of the tree that is laid over a path of the host.
struct csandbox_overlay {
    const char *source;  ///< inside the tree, beginning with a slash
    const char *target;  ///< on the host
    bool required;       ///< a missing target is a failure, not a note
    bool bound;          ///< written by I in its own copy
};

/// A file of the world's own; a directory, where the path ends with a slash.
struct csandbox_file {
    const char *path;
    const void *bytes;
    size_t length;
};

/// A place of the host where nobody in the world may write.
struct csandbox_read_only {
    const char *path;
    bool with_mounts;  ///< nor to what is mounted on it
};

/// A program that runs beside the command, as a service manager runs it: it says READY=1 to NOTIFY_SOCKET.
struct csandbox_service {
    const char *name;            ///< for messages
    char *const *arguments;      ///< NULL-terminated, the first is a path
    char *const *environment;    ///< NULL-terminated, with NOTIFY_SOCKET
    int input;                   ///< its standard input; -1 for nothing to read
    int log;                     ///< its standard output and error
    pid_t keeper;                ///< written by I in its own copy
};

/// The abstract address, in the world's network namespace, on which a service says that it is ready, but for the digit
/// of its place that follows.
#define CSANDBOX_NOTIFY_SOCKET "@hotmem-service-"

/// How many services a world may have.
enum { CSANDBOX_SERVICES = 4 };

/// All that I needs, prepared by P. Every pointer may be freed in P as soon as csandbox_clone has returned.
struct csandbox_plan {
    char *const *arguments;         ///< NULL-terminated, at least one
    char **shell_arguments;         ///< a shell, a place for the script's path, and the command's other arguments
    char *const *environment;       ///< NULL-terminated
    const char *search_path;        ///< PATH, or NULL for the default one
    struct csandbox_overlay *overlays;
    size_t overlay_count;
    const char *tree_options;       ///< FUSE mount options after "fd=N,"
    const char *tree_directory;     ///< bind this directory in place of a FUSE mount (tests), or NULL
    const char *tree_probe;         ///< a file inside the tree that must be readable
    const char *working_directory;  ///< NULL when the caller's has no path
    const char *uid_map;            ///< NULL: privileged, no user namespace
    const char *gid_map;
    const char *runtime_directory;  ///< in /run, empty but for `files`; or NULL
    char *const *own_directories;   ///< the host's, as they are but for `files`; NULL-terminated
    const struct csandbox_file *files;
    size_t file_count;
    char *const *hidden;            ///< directories of which nothing is to be seen; NULL-terminated
    const struct csandbox_read_only *read_only;
    size_t read_only_count;
    struct csandbox_service *services;
    size_t service_count;
    enum csandbox_step fail_at;
    csandbox_signals command_mask;     ///< the caller's mask before anything was blocked
    csandbox_signals command_ignored;  ///< the signals that the caller was started with as ignored
    int control;                    ///< I's end of the SOCK_SEQPACKET pair
    int control_of_parent;          ///< P's end, which I closes in its copy
};

enum csandbox_message_kind {
    // From I to P.
    CSANDBOX_PROGRESS = 1,    ///< `step` begins
    CSANDBOX_NOTE,            ///< `detail`: something left out, not a failure
    CSANDBOX_FAILED,          ///< `step` failed with errno `value`
    CSANDBOX_HANDOVER,        ///< carries the descriptors: /dev/fuse (not without FUSE), netlink, its table
    CSANDBOX_STARTED,         ///< the command runs
    CSANDBOX_NOT_EXECUTABLE,  ///< execve failed with errno `value`
    CSANDBOX_ENDED,           ///< `value` is the command's wait status
    CSANDBOX_SERVICE_ENDED,   ///< `detail`: a service; `value` is its wait status
    // From P to I.
    CSANDBOX_HELLO,           ///< P still lives
    CSANDBOX_GO,              ///< the tree is served
    CSANDBOX_SIGNAL,          ///< send signal `value` to the command
};

/// Descriptors that a record carries at most.
enum { CSANDBOX_DESCRIPTORS = 3 };

/// One record on the socket pair.
struct csandbox_message {
    int32_t kind;
    int32_t step;
    int32_t value;
    char detail[500];  ///< always NUL-terminated
};

/// Creates the socket pair (close-on-exec); 0 or -errno.
int csandbox_channel(int descriptors[2]);

/// Sends one record; 0 or -errno. Never raises SIGPIPE.
int csandbox_send(int channel, int kind, int value);

/// Receives one record and its descriptors (-1 where there is none). 1, 0 at the end, or -errno.
int csandbox_receive(int channel, struct csandbox_message *message, int descriptors[CSANDBOX_DESCRIPTORS]);

/// Creates I and returns its pid, or -errno. I never returns from this call.
pid_t csandbox_clone(const struct csandbox_plan *plan);

/// Whether CAP_SYS_ADMIN is in the effective set.
bool csandbox_is_privileged(void);

/// The signals that the calling thread blocks.
csandbox_signals csandbox_blocked_signals(void);

/// The signals whose disposition is "ignore".
csandbox_signals csandbox_ignored_signals(void);

/// The signals that P takes from a signalfd and passes on.
csandbox_signals csandbox_forwarded_signals(void);

/// Blocks signals in the calling thread, beside those that it blocks already.
void csandbox_block(csandbox_signals signals);

/// A signalfd for these signals, or -errno.
int csandbox_signal_descriptor(csandbox_signals signals);

/// The next signal of a signalfd, 0 when there is none. *typed: the kernel sent it (a terminal), not a process.
int csandbox_next_signal(int descriptor, bool *typed);

#endif
