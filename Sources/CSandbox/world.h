// SPDX-License-Identifier: Apache-2.0
//
// Inside I. Everything declared here is async-signal-safe: system calls and work on the stack, nothing else.

#ifndef CSANDBOX_WORLD_H
#define CSANDBOX_WORLD_H

#include <signal.h>

#include "CSandbox.h"

/// What I knows while it builds the world.
struct world {
    const struct csandbox_plan *plan;
    enum csandbox_step step;
    const char *mount_point;  ///< where the tree is mounted until its parts are bound
    dev_t tree_device;
    bool fresh_proc;
    int fuse;
    int uevents;
    int listeners;  ///< the namespace's table of netlink sockets
    int channel;
    pid_t command;
    int notify[CSANDBOX_SERVICES];  ///< where services say how they are, after the first READY=1 to nobody
};

/// fork(2) without glibc's fork handlers, which take locks that a thread of P may have held.
pid_t world_fork(unsigned long namespaces);

/// Reports the failure of the current step and ends I. The two texts are joined; either may be NULL.
_Noreturn void world_fail(struct world *world, int error, const char *first, const char *second);

/// Reports something left out. The two texts are joined.
void world_note(struct world *world, const char *first, const char *second);

/// Sends a record with a step and a detail; ends I if P is gone.
void world_tell(struct world *world, int kind, int value, const char *first, const char *second);

/// Blocks until P has sent a record of this kind; ends I if P is gone.
void world_await(struct world *world, int kind);

/// Appends to a NUL-terminated text; false if it had to be cut.
bool text_append(char *text, size_t size, const char *more);

/// Appends a number in decimal.
bool text_append_number(char *text, size_t size, unsigned number);

/// Whether `path` is `parent` or lies below it.
bool text_lies_under(const char *path, const char *parent);

/// Gives signals the dispositions and the mask that the caller was started with, before an execve(2).
void signals_restore(const struct csandbox_plan *plan);

/// Whether the path may mean another file than on the host for the sake of services.
bool runtime_covers(const struct csandbox_plan *plan, const char *path);

/// A signal set of the plan as the system calls take it.
void signals_expand(csandbox_signals signals, sigset_t *set);

void step_user_namespace(struct world *world);
void step_mount_namespace(struct world *world);
void step_private_mounts(struct world *world);
void step_network_namespace(struct world *world);
void step_fuse_device(struct world *world);
void step_tree_mount(struct world *world);
void step_uevent_socket(struct world *world);
void step_handover(struct world *world);
void step_tree_answer(struct world *world);
void step_proc_mount(struct world *world);
void step_debugfs(struct world *world);
void step_read_only(struct world *world);
void step_overlay(struct world *world);
void step_detach_tree(struct world *world);
void step_verify(struct world *world);
void step_runtime_directory(struct world *world);
void step_covers(struct world *world);
void step_services(struct world *world);
void step_working_directory(struct world *world);
void step_command(struct world *world);

/// Whether a service has said READY=1 to its socket; takes everything that it has said.
bool services_take(int notify);

/// Reaps, forwards signals, and ends I when the command ends.
_Noreturn void world_supervise(struct world *world);

#endif
