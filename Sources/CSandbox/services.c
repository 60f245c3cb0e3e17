// SPDX-License-Identifier: Apache-2.0
//
// Programs that run beside the command.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

// Abstract addresses are the network namespace's, which is new: nobody else has this one.
static int open_notify_socket(size_t place) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static const char name[] = CSANDBOX_NOTIFY_SOCKET;
    memcpy(address.sun_path, name, sizeof name - 1);
    address.sun_path[0] = '\0';
    address.sun_path[sizeof name - 1] = (char)('0' + place);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof name);
    int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify >= 0 && bind(notify, (struct sockaddr *)&address, length) != 0) {
        close(notify);
        return -1;
    }
    return notify;
}

// Simulated devices have aliases as real ones do, and the modules that udevd would load are the host's. Root's execve(2)
// gives back what is in the bounding or in the inheritable set; who lacks the capability may change neither, and need not.
static void renounce_modules(void) {
    prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) == 0) {
        data[CAP_TO_INDEX(CAP_SYS_MODULE)].inheritable &= ~CAP_TO_MASK(CAP_SYS_MODULE);
        syscall(SYS_capset, &header, data);
    }
}

_Noreturn static void service_main(const struct world *world, const struct csandbox_service *service) {
    // What is typed at the terminal is for the command.
    setsid();
    int input = service->input >= 0 ? service->input : open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(service->log, STDOUT_FILENO) < 0 ||
        dup2(service->log, STDERR_FILENO) < 0 || chdir("/") != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        _exit(126);
    }
    renounce_modules();
    signals_restore(world->plan);
    // Whoever stops reading what it logs is not to end it.
    signal(SIGPIPE, SIG_IGN);
    execve(service->arguments[0], service->arguments, service->environment);
    _exit(errno == ENOENT ? 127 : 126);
}

// The service's parent, for it must not be I: a systemd-udevd whose parent has the number 1 believes that systemd
// started it in a control group of its own, and when it is idle it kills everything else in its control group, which is
// the caller's.
_Noreturn static void keeper_main(struct world *world, const struct csandbox_service *service, int notify) {
    prctl(PR_SET_NAME, "hotmem-keeper");
    close(world->channel);
    close(notify);
    pid_t child = world_fork(0);
    if (child == 0) {
        service_main(world, service);
    }
    // Whoever connects to a socket that only those hold who do not answer would wait.
    if (service->input >= 0) {
        close(service->input);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        _exit(126);
    }
    if (WIFSIGNALED(status)) {
        // It ends as its child did, so that I knows.
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        struct sigaction usual;
        memset(&usual, 0, sizeof usual);
        usual.sa_handler = SIG_DFL;
        sigaction(WTERMSIG(status), &usual, NULL);
        sigset_t nothing;
        sigemptyset(&nothing);
        sigprocmask(SIG_SETMASK, &nothing, NULL);
        kill(getpid(), WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

static bool says_ready(const char *text) {
    static const char ready[] = "READY=1";
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t length = strcspn(line, "\n");
        if (length == sizeof ready - 1 && memcmp(line, ready, length) == 0) {
            return true;
        }
    }
    return false;
}

bool services_take(int notify) {
    char text[512];
    bool is_ready = false;
    ssize_t count;
    while ((count = recv(notify, text, sizeof text - 1, MSG_DONTWAIT)) >= 0) {
        text[count] = '\0';
        is_ready = is_ready || says_ready(text);
    }
    return is_ready;
}

static void await_ready(struct world *world, const struct csandbox_service *service, int notify) {
    for (;;) {
        // Not taken from the kernel yet: if it was ready before it ended, that is for I's supervision.
        siginfo_t end = {.si_pid = 0};
        waitid(P_PID, (id_t)service->keeper, &end, WEXITED | WNOHANG | WNOWAIT);
        if (services_take(notify)) {
            return;
        }
        if (end.si_pid == service->keeper) {
            char detail[128] = " ended before it was ready, ";
            text_append(detail, sizeof detail, end.si_code == CLD_EXITED ? "with status " : "by signal ");
            text_append_number(detail, sizeof detail, (unsigned)end.si_status);
            world_fail(world, ECHILD, service->name, detail);
        }
        struct pollfd source = {.fd = notify, .events = POLLIN};
        poll(&source, 1, 20);
    }
}

void step_services(struct world *world) {
    for (size_t i = 0; i < world->plan->service_count; i++) {
        // Each has a socket of its own, so that none is taken for another. It stays: services go on to say how they are,
        // and complain where nobody listens.
        int notify = world->notify[i] = open_notify_socket(i);
        if (notify < 0) {
            world_fail(world, errno, "the socket for services", NULL);
        }
        struct csandbox_service *service = &world->plan->services[i];
        service->keeper = world_fork(0);
        if (service->keeper < 0) {
            world_fail(world, errno, service->name, NULL);
        }
        if (service->keeper == 0) {
            keeper_main(world, service, notify);
        }
        if (service->input >= 0) {
            close(service->input);
        }
        await_ready(world, service, notify);
    }
}
