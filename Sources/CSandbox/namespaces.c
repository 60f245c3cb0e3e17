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
#include <sys/wait.h>
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
    // On most systems / is shared: without this, every mount below would appear on the host. Slaves and not private, so
    // that what the host unmounts goes here too, and is not kept busy by the world.
    if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
        world_fail(world, errno, "/", NULL);
    }
}

// A network namespace that a user namespace of its own owns, as a descriptor, or -1.
//
// The kernel broadcasts the host's uevents to every network namespace of the initial user namespace; in one like this,
// the world's own are the only ones. A helper makes it, because entering the user namespace would take from I the
// mounts that root may make. It shares I's descriptors, so what it opens is I's.
static int open_quiet_network(void) {
    int result[2];
    if (pipe2(result, O_CLOEXEC) != 0) {
        return -1;
    }
    pid_t helper = world_fork(CLONE_FILES);
    if (helper == 0) {
        int network = -1;
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/uid_map", "0 0 1") == 0) {
            network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        }
        _exit(write(result[1], &network, sizeof network) == sizeof network ? 0 : 1);
    }
    int network = -1;
    if (helper > 0) {
        waitpid(helper, NULL, 0);
        // Only after the helper's end: nothing written means that it was killed, and the pipe's other end is ours.
        if (fcntl(result[0], F_SETFL, O_NONBLOCK) != 0 || read(result[0], &network, sizeof network) < 0) {
            network = -1;
        }
    }
    close(result[0]);
    close(result[1]);
    return network;
}

void step_network_namespace(struct world *world) {
    int network = world->plan->uid_map == NULL ? open_quiet_network() : -1;
    if (network >= 0) {
        if (setns(network, CLONE_NEWNET) != 0) {
            world_fail(world, errno, NULL, NULL);
        }
        close(network);
    } else {
        if (world->plan->uid_map == NULL) {
            world_note(world, "this host allows no user namespace, so its own uevents are seen too", NULL);
        }
        if (unshare(CLONE_NEWNET) != 0) {
            world_fail(world, errno, NULL, NULL);
        }
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
    // Who listens, and what they lost; it stays this namespace's table when P reads it.
    world->listeners = open("/proc/self/net/netlink", O_RDONLY | O_CLOEXEC);
    if (world->listeners < 0) {
        world_fail(world, errno, "/proc/self/net/netlink", NULL);
    }
}
