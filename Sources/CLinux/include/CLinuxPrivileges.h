// SPDX-License-Identifier: Apache-2.0
// What a server gives up before it serves, and who keeps what of it.
#ifndef CLINUX_PRIVILEGES_H
#define CLINUX_PRIVILEGES_H

#include <stdint.h>

// The step that failed, of those below.
enum clinux_privilege_step {
    CLINUX_PRIVILEGES_THREADS = 1,
    CLINUX_PRIVILEGES_NEW,
    CLINUX_PRIVILEGES_BOUNDING,
    CLINUX_PRIVILEGES_AMBIENT,
    CLINUX_PRIVILEGES_CAPABILITIES,
    CLINUX_PRIVILEGES_VERIFY,
    CLINUX_PRIVILEGES_FILTER,
};

// Gives up every capability but those of a mask (1 << CAP_...), in each of the sets in which a thread has them, and for
// good: execve(2) gives none back. Capabilities are a thread's, and are inherited by those that it starts: it refuses
// where there is another thread.
//
// With `gains` programs that are started may still gain privileges by being setuid.
//
// 0, or the errno of the step, which is stored.
int clinux_give_up_privileges(uint64_t kept, int gains, enum clinux_privilege_step *step);

// Who is confined.
enum clinux_confinement {
    // Who serves, and who tells the kernel for it: starts no programs, mounts nothing, changes no namespace, opens local
    // sockets only.
    CLINUX_CONFINED_SERVER,
    // A steward, which may unmount, copy a mount, and enter a namespace, too.
    CLINUX_CONFINED_STEWARD,
    // A keeper, which starts servers: all that these do before they serve.
    CLINUX_CONFINED_KEEPER,
};

// From now on system calls that it does not make fail with EPERM: those above, and for all of them those that trace others,
// load code into the kernel and the like. Needs what clinux_give_up_privileges() does without `gains`. 0, or an errno:
// EINVAL where the kernel has no filters.
int clinux_confine(enum clinux_confinement whose);

// Whether sending uevents on a socket takes CAP_SYS_ADMIN: not where its network namespace belongs to a user namespace
// that this process's user made. Where that cannot be told, it does.
int clinux_uevents_need_privilege(int socket);

// What a steward is for; there is nothing else that it can be asked for.
struct clinux_steward_errands {
    // The directory that is unmounted, or of whose mount a copy is made.
    const char *place;
    // The file that is opened for reading; may be null.
    const char *file;
    // The mount namespace of the place, as a path, with its device and inode number; null for the caller's own.
    const char *namespace;
    uint64_t namespace_device, namespace_inode;
};

// What to ask a steward for.
enum clinux_steward_errand {
    // Unmount the place, at once even if it is in use; the answer is 0 or an errno.
    CLINUX_STEWARD_UNMOUNT = 'u',
    // A copy of the mount at the place (clinux_copy_mount()), as a descriptor.
    CLINUX_STEWARD_COPY_MOUNT = 'c',
    // The file, as a descriptor.
    CLINUX_STEWARD_OPEN_FILE = 'o',
};

// Starts a process that keeps the privileges that these errands take and no others, and runs them when it is asked to over the
// socket that is returned; it ends when nobody holds that any more. It has nothing open of its caller's. Only call it
// while the process has one thread. -1 and errno on failure.
int clinux_start_steward(const struct clinux_steward_errands *errands);

// Asks a steward, and waits for the answer. A descriptor, close-on-exec, or 0; or a negative errno, ESRCH where the
// steward is gone. One thread at a time.
int clinux_ask_steward(int channel, enum clinux_steward_errand errand);

#endif
