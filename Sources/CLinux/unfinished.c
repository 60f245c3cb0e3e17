// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// What is there of it; the handler of signals only reads, and what it does may be done in one.
static char *volatile part;
static volatile pid_t worker;
static volatile int held = -1;
static volatile pid_t remover;

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ};
enum { endings = sizeof(ending) / sizeof(ending[0]) };

static void undo(int number) {
    // Who sends a second one does not wait. What is ignored stays so.
    sigset_t unblocked;
    sigemptyset(&unblocked);
    for (size_t index = 0; index < endings; index++) {
        struct sigaction now;
        sigaddset(&unblocked, ending[index]);
        if (sigaction(ending[index], NULL, &now) == 0 && now.sa_handler == undo) signal(ending[index], SIG_DFL);
    }
    sigprocmask(SIG_UNBLOCK, &unblocked, NULL);
    if (part != NULL) unlink(part);
    if (worker > 0) kill(-worker, SIGKILL);
    if (held >= 0) close(held);
    while (remover > 0 && waitpid(remover, NULL, 0) < 0 && errno == EINTR) {}
    // It ends as if nobody had heard it; the first process of a pid namespace does not by itself.
    raise(number);
    _exit(128 + number);
}

static void hear(void) {
    static int has_begun;
    if (has_begun) return;
    has_begun = 1;
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = undo;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    for (size_t index = 0; index < endings; index++) {
        struct sigaction before;
        if (sigaction(ending[index], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ending[index], &action, NULL);
    }
}

void clinux_unfinished_file(const char *path) {
    char *before = part;
    part = path != NULL ? strdup(path) : NULL;
    free(before);
    if (part != NULL) hear();
}

void clinux_unfinished_work(pid_t process) {
    worker = process;
    if (process > 0) hear();
}

void clinux_unfinished_directory(int holder, pid_t process) {
    remover = process;
    held = holder;
    if (process > 0) hear();
}
