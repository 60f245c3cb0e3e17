// SPDX-License-Identifier: Apache-2.0
// The keeper: holds a mount's /dev/fuse while processes that serve it come and go. It is what a fork of a small process
// left, allocates nothing, and does nothing but start, wait and, at the end, unmount.
#define _GNU_SOURCE
#include "CLinux.h"
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

// What a server crashes with so soon and so often is in what it is asked: it would crash again for ever.
enum { most_crashes = 5, soon_milliseconds = 1000, pause_milliseconds = 10 };

static int64_t milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_connected(int device) {
    struct pollfd state = {.fd = device, .events = POLLIN};
    return poll(&state, 1, 0) >= 0 && !(state.revents & (POLLERR | POLLNVAL));
}

static void leave_descriptor(int descriptor) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return;
    dup2(null, descriptor);
    close(null);
}

// In the child: becomes the server, which finds the device as a service finds what its manager kept (sd_listen_fds(3)).
static _Noreturn void serve(int device, const char *program, char *const arguments[]) {
    char process[32];
    snprintf(process, sizeof process, "%d", (int)getpid());
    setenv("LISTEN_PID", process, 1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_FDNAMES", "hotmem-mount", 1);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    if (device == 3) {
        fcntl(device, F_SETFD, 0);
    } else {
        dup2(device, 3);
    }
    clinux_close_from(4);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(program, arguments);
    dprintf(STDERR_FILENO, "hotmem: %s: cannot be started again\n", program);
    _exit(CLINUX_SERVER_FAILED);
}

// Waits until a server's first thread has ended, and for a moment for the rest. A thread that waits for an answer of its own
// process, which only its successor gives, is deaf until then.
//
// Returns whether the status is known.
static int wait_for(pid_t server, int *status) {
#ifdef SYS_pidfd_open
    // PIDFD_THREAD (Linux 6.9), where servers can be replaced; elsewhere it fails.
    int first = (int)syscall(SYS_pidfd_open, server, O_EXCL);
    if (first >= 0) {
        struct pollfd ended = {.fd = first, .events = POLLIN};
        while (poll(&ended, 1, -1) < 0 && errno == EINTR) {}
        close(first);
        for (int tries = 0; tries < 20; tries++) {
            if (waitpid(server, status, WNOHANG) == server) return 1;
            nanosleep(&(struct timespec){.tv_nsec = pause_milliseconds * 1000000L}, NULL);
        }
        return 0;
    }
#endif
    while (waitpid(server, status, 0) < 0) {
        if (errno != EINTR) return 0;
    }
    return 1;
}

static void unmount(int device, const char *place) {
    // Who waits for an answer gets none any more, and hears at once; others may have the device open, too.
    close(device);
    clinux_unmount(place);
}

_Noreturn void clinux_keep(
    int device, const char *program, char *const arguments[], char *const remount[], const char *place) {
    setsid();
    if (chdir("/") != 0) _exit(1);
    prctl(PR_SET_NAME, "hotmem-keeper");
    // Servers are ended, not their keeper: it goes when they do.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGCHLD, SIG_DFL);
    leave_descriptor(STDIN_FILENO);
    leave_descriptor(STDOUT_FILENO);
    // What a server takes before it serves, and gives up then: to mount and to send uevents, and to reach files and
    // namespaces that are another user's; and to empty its bounding set. Users have none, and a setuid program to unmount with.
    uint64_t kept = UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_DAC_READ_SEARCH | UINT64_C(1) << CAP_SYS_PTRACE |
                    UINT64_C(1) << CAP_SETPCAP;
    if (clinux_give_up_all_but(kept, geteuid() != 0, CLINUX_CONFINED_KEEPER) != 0) {
        unmount(device, place);
        _exit(1);
    }
    int crashes = 0;
    for (;;) {
        int64_t began = milliseconds_now();
        pid_t server = fork();
        if (server == 0) serve(device, program, arguments);
        // Only the first has somebody to tell what is wrong; whoever reads that waits for its end.
        leave_descriptor(STDERR_FILENO);
        int status = 0;
        if (server < 0) {
            // No process is to be had now.
            nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
            if (!is_connected(device)) _exit(0);
            continue;
        }
        // One whose end is not over yet was killed.
        if (!wait_for(server, &status)) status = SIGKILL;
        // Those whose end is over by now.
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
        if (!is_connected(device)) _exit(0);
        int lasted = milliseconds_now() - began >= soon_milliseconds;
        if (WIFEXITED(status) && WEXITSTATUS(status) != CLINUX_SERVER_AGAIN) {
            unmount(device, place);
            if (WEXITSTATUS(status) == CLINUX_SERVER_REMOUNT) {
                sigset_t none;
                sigemptyset(&none);
                sigprocmask(SIG_SETMASK, &none, NULL);
                execv(program, remount);
            }
            _exit(WEXITSTATUS(status));
        }
        crashes = lasted || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ? 0 : crashes + 1;
        if (crashes >= most_crashes) {
            openlog("hotmem", LOG_PID, LOG_DAEMON);
            syslog(LOG_ERR, "%s: what serves it ends again and again at its start; unmounted", place);
            unmount(device, place);
            _exit(1);
        }
        if (!lasted) nanosleep(&(struct timespec){.tv_nsec = pause_milliseconds * 1000000L}, NULL);
    }
}
