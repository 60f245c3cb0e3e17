// SPDX-License-Identifier: Apache-2.0
// The messenger: a process that hands a file system's notices to the kernel. The kernel may keep whoever tells it waiting,
// deaf to SIGKILL, until requests are answered; a server that waited itself could not even be killed and replaced.
//
// The first process does nothing but fork workers, one for each line that is asked for, and is started while the server
// is small. All of them end with the other ends of their sockets.
#define _GNU_SOURCE
#include "CLinux.h"
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { line_ends = 3 }; // The socket that notices come on, /dev/fuse, and the eventfd that wakes the server.

static int read_all(int from, void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = read(from, (char *)bytes + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        done += (size_t)count;
    }
    return 1;
}

// Each notice begins with its length (linux/fuse.h: struct fuse_out_header); a length of 0 ends what was sent together.
static _Noreturn void work(const int ends[line_ends]) {
    static union {
        uint32_t length;
        char bytes[CLINUX_LONGEST_NOTICE];
    } notice;
    // By which the server knows it.
    pid_t own = getpid();
    if (send(ends[0], &own, sizeof own, MSG_NOSIGNAL) != sizeof own) _exit(0);
    while (read_all(ends[0], &notice.length, sizeof notice.length)) {
        if (notice.length == 0) {
            uint64_t one = 1;
            if (write(ends[2], &one, sizeof one) < 0) _exit(0);
            continue;
        }
        if (notice.length < sizeof notice.length || notice.length > sizeof notice) _exit(1);
        if (!read_all(ends[0], notice.bytes + sizeof notice.length, notice.length - sizeof notice.length)) break;
        // That the kernel holds nothing of the kind is as good.
        ssize_t told = write(ends[1], notice.bytes, notice.length);
        (void)told;
        char done = 1;
        if (send(ends[0], &done, sizeof done, MSG_NOSIGNAL) < 0) break;
    }
    _exit(0);
}

static _Noreturn void fork_workers(int control) {
    for (;;) {
        char request;
        struct iovec part = {.iov_base = &request, .iov_len = sizeof request};
        int ends[line_ends];
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(sizeof ends)];
        } space;
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
        ssize_t count = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) _exit(0);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header == NULL || header->cmsg_len != CMSG_LEN(sizeof ends)) continue;
        memcpy(ends, CMSG_DATA(header), sizeof ends);
        if (fork() == 0) {
            close(control);
            work(ends);
        }
        for (int end = 0; end < line_ends; end++) close(ends[end]);
    }
}

int clinux_start_messenger(void) {
    int channel = clinux_start_helper(SOCK_STREAM, "hotmem-messenger");
    if (channel != -2) return channel;
    signal(SIGCHLD, SIG_IGN);
    // It writes to what is open, and forks.
    if (clinux_give_up_all_but(0, 0, CLINUX_CONFINED_SERVER) != 0) _exit(1);
    fork_workers(CLINUX_CHANNEL);
}

int clinux_sleeps_in_kernel(pid_t process) {
    char path[32], text[128];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return -1;
    text[count] = '\0';
    // Its name comes before, in brackets.
    const char *state = strstr(text, ") ");
    return state == NULL ? -1 : state[2] == 'D';
}

int clinux_new_messenger_line(int control, int device, int wake) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    int given[line_ends] = {ends[1], device, wake};
    char request = 1;
    struct iovec part = {.iov_base = &request, .iov_len = sizeof request};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof given)];
    } space = {.header = {.cmsg_len = CMSG_LEN(sizeof given), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&space.header), given, sizeof given);
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
    ssize_t sent = sendmsg(control, &message, MSG_NOSIGNAL);
    int error = errno;
    close(ends[1]);
    if (sent == sizeof request) return ends[0];
    close(ends[0]);
    errno = error;
    return -1;
}
