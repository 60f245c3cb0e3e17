// SPDX-License-Identifier: Apache-2.0
// What the processes beside a server have in common: they are forks of it while it is small, C alone, and end with the other
// end of their socket.
#define _GNU_SOURCE
#include "helper.h"
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int clinux_start_helper(int type, const char *name) {
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        errno = error;
        return -1;
    }
    if (child > 0) {
        close(ends[1]);
        return ends[0];
    }
    // What is sent to everybody at a terminal or in a service is for the server, with which this ends.
    setsid();
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_NAME, name);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    // Neither may be among the numbers that are taken now.
    int channel = fcntl(ends[1], F_DUPFD_CLOEXEC, CLINUX_CHANNEL + 1);
    if (null >= 0) null = fcntl(null, F_DUPFD_CLOEXEC, CLINUX_CHANNEL + 1);
    if (channel < 0 || dup3(channel, CLINUX_CHANNEL, O_CLOEXEC) < 0) _exit(1);
    for (int standard = 0; standard < CLINUX_CHANNEL; standard++) {
        close(standard);
        if (null >= 0) dup2(null, standard);
    }
    clinux_close_from(CLINUX_CHANNEL + 1);
    if (chdir("/") != 0) _exit(1);
    return -2;
}

int clinux_give_up_all_but(uint64_t kept, int gains, enum clinux_confinement whose) {
    enum clinux_privilege_step step;
    if (clinux_give_up_privileges(kept, gains, &step) != 0) return -1;
    // A filter would hold in programs that gain privileges, too: it takes no_new_privs.
    if (gains) return 0;
    int error = clinux_confine(whose);
    return error == 0 || error == EINVAL || error == ENOSYS ? 0 : -1;
}
