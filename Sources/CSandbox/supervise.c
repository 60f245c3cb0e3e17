// SPDX-License-Identifier: Apache-2.0
//
// I while the command runs: an init that reaps, passes signals on, and ends with the command.

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

static void reap(struct world *world) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == world->command) {
            world_tell(world, CSANDBOX_ENDED, status, NULL, NULL);
            // The kernel now kills whatever the command left behind in the pid namespace.
            _exit(0);
        }
        for (size_t i = 0; i < world->plan->service_count; i++) {
            const struct csandbox_service *service = &world->plan->services[i];
            if (pid == service->keeper) {
                // The command goes on, as it would on a machine whose service died.
                world_tell(world, CSANDBOX_SERVICE_ENDED, status, service->name, NULL);
            }
        }
    }
}

static void obey(struct world *world) {
    struct csandbox_message message;
    int descriptors[CSANDBOX_DESCRIPTORS];
    if (csandbox_receive(world->channel, &message, descriptors) != 1) {
        _exit(1);
    }
    if (message.kind == CSANDBOX_SIGNAL) {
        kill(world->command, message.value);
    }
}

void world_supervise(struct world *world) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        world_fail(world, errno, "signalfd", NULL);
    }
    for (;;) {
        // First, for the command may have ended before the signalfd was there.
        reap(world);
        struct pollfd sources[2 + CSANDBOX_SERVICES] = {
            {.fd = signals, .events = POLLIN}, {.fd = world->channel, .events = POLLIN}};
        size_t services = world->plan->service_count;
        for (size_t i = 0; i < services; i++) {
            sources[2 + i] = (struct pollfd){.fd = world->notify[i], .events = POLLIN};
        }
        if (poll(sources, 2 + services, -1) < 0) {
            continue;
        }
        for (size_t i = 0; i < services; i++) {
            services_take(world->notify[i]);
        }
        if (sources[0].revents != 0) {
            struct signalfd_siginfo information;
            while (read(signals, &information, sizeof information) > 0) {
            }
        }
        if (sources[1].revents != 0) {
            obey(world);
        }
    }
}
