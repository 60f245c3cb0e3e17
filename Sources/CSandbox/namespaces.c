// SPDX-License-Identifier: Apache-2.0
//
// The namespaces that I enters.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    int error = write(file, text, strlen(text)) < 0 ? errno : 0;
    close(file);
    return error;
}

void step_user_namespace(struct world *world) {
    if (world->plan->uid_map == NULL) {
        return;
    }
    // The kernel takes a gid map from an unprivileged process only once setgroups is forbidden; kernels before 3.19
    // have no such file.
    int error = write_file("/proc/self/setgroups", "deny");
    if (error != 0 && error != ENOENT) {
        world_fail(world, error, "/proc/self/setgroups", NULL);
    }
    if ((error = write_file("/proc/self/uid_map", world->plan->uid_map)) != 0) {
        world_fail(world, error, "/proc/self/uid_map", NULL);
    }
    if ((error = write_file("/proc/self/gid_map", world->plan->gid_map)) != 0) {
        world_fail(world, error, "/proc/self/gid_map", NULL);
    }
}

void step_mount_namespace(struct world *world) {
    if (unshare(CLONE_NEWNS) != 0) {
        world_fail(world, errno, NULL, NULL);
    }
}

void step_private_mounts(struct world *world) {
    // On most systems / is shared: without this, every mount below would appear on the host.
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        world_fail(world, errno, "/", NULL);
    }
}

void step_network_namespace(struct world *world) {
    if (unshare(CLONE_NEWNET) != 0) {
        world_fail(world, errno, NULL, NULL);
    }
    // Loopback is a courtesy to the command, so its failure is none of the world's.
    int socket_for_flags = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_for_flags >= 0) {
        struct ifreq request;
        memset(&request, 0, sizeof request);
        memcpy(request.ifr_name, "lo", sizeof "lo");
        request.ifr_flags = IFF_UP;
        ioctl(socket_for_flags, SIOCSIFFLAGS, &request);
        close(socket_for_flags);
    }
}

void step_uevent_socket(struct world *world) {
    // A socket belongs to the network namespace in which it was made: P, outside, sends on it into the world.
    world->uevents = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (world->uevents < 0) {
        world_fail(world, errno, NULL, NULL);
    }
}
