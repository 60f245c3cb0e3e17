// SPDX-License-Identifier: Apache-2.0
//
// Starting the command.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

// What execvp uses when there is no PATH.
static const char default_search_path[] = "/bin:/usr/bin";

// A file of an unknown format is a script without a #! line, as for execvp and the shells.
static void try_to_execute(const struct csandbox_plan *plan, char *path) {
    execve(path, plan->arguments, plan->environment);
    if (errno == ENOEXEC) {
        plan->shell_arguments[1] = path;
        execve(plan->shell_arguments[0], plan->shell_arguments, plan->environment);
    }
}

// As execvp, which may allocate. Returns the errno.
static int execute(const struct csandbox_plan *plan) {
    char *name = plan->arguments[0];
    if (strchr(name, '/') != NULL || name[0] == '\0') {
        try_to_execute(plan, name);
        return errno;
    }
    bool denied = false;
    const char *entry = plan->search_path != NULL ? plan->search_path : default_search_path;
    for (;;) {
        const char *end = strchrnul(entry, ':');
        char path[PATH_MAX];
        size_t length = (size_t)(end - entry);
        if (length + strlen(name) + 2 <= sizeof path) {
            memcpy(path, entry, length);
            path[length] = '\0';
            // An empty entry is the working directory.
            if (length > 0) {
                text_append(path, sizeof path, "/");
            }
            text_append(path, sizeof path, name);
            try_to_execute(plan, path);
            switch (errno) {
            case EACCES:
                denied = true;
                break;
            case ENOENT:
            case ENOTDIR:
            case ESTALE:
            case ENODEV:
            case ETIMEDOUT:
                break;
            default:
                return errno;
            }
        }
        if (*end == '\0') {
            return denied ? EACCES : ENOENT;
        }
        entry = end + 1;
    }
}

void signals_restore(const struct csandbox_plan *plan) {
    // Handlers go with execve; what P itself ignores must not be ignored in the command, but what its caller made it
    // ignore must (nohup).
    sigset_t ignored;
    signals_expand(plan->command_ignored, &ignored);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = sigismember(&ignored, signal) == 1 ? SIG_IGN : SIG_DFL;
        sigaction(signal, &action, NULL);
    }
    sigset_t mask;
    signals_expand(plan->command_mask, &mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

_Noreturn static void command_main(const struct csandbox_plan *plan, int failure) {
    signals_restore(plan);
    int error = execute(plan);
    if (write(failure, &error, sizeof error) < 0) {
        _exit(126);
    }
    _exit(127);
}

void step_command(struct world *world) {
    // The writing end closes when execve succeeds: nothing read means that the command runs.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        world_fail(world, errno, "pipe", NULL);
    }
    world->command = world_fork(0);
    if (world->command < 0) {
        world_fail(world, errno, "fork", NULL);
    }
    if (world->command == 0) {
        command_main(world->plan, report[1]);
    }
    close(report[1]);
    int error = 0;
    ssize_t count = read(report[0], &error, sizeof error);
    close(report[0]);
    if (count == sizeof error) {
        world_tell(world, CSANDBOX_NOT_EXECUTABLE, error, world->plan->arguments[0], NULL);
        _exit(1);
    }
    world_tell(world, CSANDBOX_STARTED, 0, NULL, NULL);
}
