// SPDX-License-Identifier: Apache-2.0
//
// The records between P and I. SOCK_SEQPACKET: a record arrives whole or not at all, and a dead peer is an end of file.

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

int csandbox_channel(int descriptors[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, descriptors) == 0 ? 0 : -errno;
}

static int send_message(int channel, const struct csandbox_message *message) {
    ssize_t sent;
    do {
        sent = send(channel, message, sizeof *message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

int csandbox_send(int channel, int kind, int value) {
    struct csandbox_message message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.value = value;
    return send_message(channel, &message);
}

int csandbox_receive(int channel, struct csandbox_message *message, int descriptors[CSANDBOX_DESCRIPTORS]) {
    size_t room = CSANDBOX_DESCRIPTORS * sizeof(int);
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(CSANDBOX_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec data = {.iov_base = message, .iov_len = sizeof *message};
    struct msghdr envelope = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    for (size_t i = 0; i < CSANDBOX_DESCRIPTORS; i++) {
        descriptors[i] = -1;
    }
    ssize_t received;
    do {
        received = recvmsg(channel, &envelope, MSG_CMSG_CLOEXEC);
        // A peer that dies with records of ours unread resets the connection, and the kernel says so once, before it
        // gives out the peer's last records: those still count.
    } while (received < 0 && (errno == EINTR || errno == ECONNRESET));
    if (received < 0) {
        return -errno;
    }
    if (received == 0) {
        return 0;
    }
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&envelope); part != NULL; part = CMSG_NXTHDR(&envelope, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
            size_t bytes = part->cmsg_len - CMSG_LEN(0);
            memcpy(descriptors, CMSG_DATA(part), bytes < room ? bytes : room);
        }
    }
    if ((size_t)received != sizeof *message) {
        return -EPROTO;
    }
    message->detail[sizeof message->detail - 1] = '\0';
    return 1;
}

void world_tell(struct world *world, int kind, int value, const char *first, const char *second) {
    struct csandbox_message message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.step = world->step;
    message.value = value;
    text_append(message.detail, sizeof message.detail, first != NULL ? first : "");
    text_append(message.detail, sizeof message.detail, second != NULL ? second : "");
    if (send_message(world->channel, &message) != 0) {
        _exit(1);
    }
}

void world_await(struct world *world, int kind) {
    struct csandbox_message message;
    int descriptors[CSANDBOX_DESCRIPTORS];
    do {
        if (csandbox_receive(world->channel, &message, descriptors) != 1) {
            _exit(1);
        }
    } while (message.kind != kind);
}

void world_fail(struct world *world, int error, const char *first, const char *second) {
    world_tell(world, CSANDBOX_FAILED, error, first, second);
    _exit(1);
}

void world_note(struct world *world, const char *first, const char *second) {
    world_tell(world, CSANDBOX_NOTE, 0, first, second);
}

void step_handover(struct world *world) {
    int descriptors[CSANDBOX_DESCRIPTORS];
    size_t count = 0;
    if (world->fuse >= 0) {
        descriptors[count++] = world->fuse;
    }
    descriptors[count++] = world->uevents;
    descriptors[count++] = world->listeners;

    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(CSANDBOX_DESCRIPTORS * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct csandbox_message message;
    memset(&message, 0, sizeof message);
    message.kind = CSANDBOX_HANDOVER;
    message.step = world->step;
    struct iovec data = {.iov_base = &message, .iov_len = sizeof message};
    struct msghdr envelope = {.msg_iov = &data,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *part = CMSG_FIRSTHDR(&envelope);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(part), descriptors, count * sizeof(int));
    if (sendmsg(world->channel, &envelope, MSG_NOSIGNAL) < 0) {
        world_fail(world, errno, "sending the descriptors", NULL);
    }
    // P must hold the only descriptor of the FUSE connection: when P dies the kernel then aborts the connection, and
    // no process of the world stays blocked on an answer that cannot come.
    for (size_t i = 0; i < count; i++) {
        close(descriptors[i]);
    }
    world->fuse = world->uevents = world->listeners = -1;
    world_await(world, CSANDBOX_GO);
}
