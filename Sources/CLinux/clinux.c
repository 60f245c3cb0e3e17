// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

int clinux_fork(void) {
    return fork();
}

int clinux_ignores(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int clinux_write_all(int file, const void *bytes, unsigned long count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(file, next, count);
        if (written < 0 && errno != EINTR) return errno;
        if (written > 0) {
            next += written;
            count -= (unsigned long)written;
        }
    }
    return 0;
}

void clinux_close_from(int first) {
#ifdef SYS_close_range
    syscall(SYS_close_range, (unsigned)first, ~0U, 0);
#endif
}

long clinux_file_system_kind(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}

long clinux_file_system_kind_of(int fd) {
    struct statfs status;
    return fstatfs(fd, &status) == 0 ? (long)status.f_type : -1;
}

int clinux_open_place(int parent, const char *name) {
    return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int clinux_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int clinux_poll(struct pollfd *descriptors, size_t count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(descriptors, count, nanoseconds < 0 ? NULL : &limit, NULL);
}

int clinux_enter_mount_namespace(int fd) {
    // The root and the working directory go with it, which threads share until then.
    return unshare(CLONE_FS) == 0 ? setns(fd, CLONE_NEWNS) : -1;
}

int clinux_own_descriptors(int kept) {
    if (unshare(CLONE_FILES) != 0) return -1;
#ifdef SYS_close_range
    if (kept > 0 && syscall(SYS_close_range, 0U, (unsigned)kept - 1, 0) != 0) return -1;
    return (int)syscall(SYS_close_range, (unsigned)(kept + 1), ~0U, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

int clinux_copy_mount(const char *path) {
#ifdef SYS_open_tree
    // OPEN_TREE_CLONE; not all C libraries have the name.
    return (int)syscall(SYS_open_tree, AT_FDCWD, path, 1U | O_CLOEXEC);
#else
    errno = ENOSYS;
    return -1;
#endif
}

int clinux_send_descriptor(
    int fd, const void *address, size_t address_length, const void *text, size_t length, int descriptor) {
    struct iovec part = {.iov_base = (void *)text, .iov_len = length};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof descriptor)];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    struct msghdr message = {
        .msg_name = (void *)address,
        .msg_namelen = (socklen_t)address_length,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

int clinux_send_uevent(int fd, const void *text, size_t length) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    // The type must not be NLMSG_NOOP..NLMSG_OVERRUN, which the kernel drops as control messages. No
    // acknowledgement is asked for: the kernel answers by itself when it refuses.
    struct nlmsghdr header = {
        .nlmsg_len = (__u32)(NLMSG_HDRLEN + length),
        .nlmsg_type = NLMSG_MIN_TYPE,
        .nlmsg_flags = NLM_F_REQUEST,
    };
    struct iovec parts[] = {
        {.iov_base = &header, .iov_len = NLMSG_HDRLEN},
        {.iov_base = (void *)text, .iov_len = length},
    };
    struct msghdr message = {
        .msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = parts, .msg_iovlen = 2};
    if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
        return errno;

    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[256];
    } answer;
    ssize_t got = recv(fd, &answer, sizeof answer, MSG_DONTWAIT);
    if (got >= (ssize_t)NLMSG_LENGTH(sizeof answer.error) && answer.header.nlmsg_type == NLMSG_ERROR)
        return -answer.error.error;
    return 0;
}

int clinux_listen_uevents(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return -1;
    // As udevd does: beyond the limit for those who may go there, up to it for the others.
    int size = 128 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

ssize_t clinux_receive_uevent(int fd, void *buffer, size_t size) {
    for (;;) {
        struct sockaddr_nl sender;
        struct iovec part = {.iov_base = buffer, .iov_len = size};
        struct msghdr message = {
            .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &part, .msg_iovlen = 1};
        ssize_t count = recvmsg(fd, &message, 0);
        if (count < 0 || sender.nl_pid == 0)
            return count;
    }
}

int clinux_open_uevents_in(const char *namespace, int *uevents, int *table) {
    int error = 0;
    int wanted = open(namespace, O_RDONLY | O_CLOEXEC);
    if (wanted < 0)
        return errno;
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0 || setns(wanted, CLONE_NEWNET) < 0) {
        error = errno;
    } else {
        *uevents = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
        *table = *uevents < 0 ? -1 : open("/proc/self/net/netlink", O_RDONLY | O_CLOEXEC);
        if (*table < 0)
            error = errno;
        if (setns(own, CLONE_NEWNET) < 0 && error == 0)
            error = errno;
        if (error != 0) {
            if (*uevents >= 0)
                close(*uevents);
            if (*table >= 0)
                close(*table);
        }
    }
    if (own >= 0)
        close(own);
    close(wanted);
    return error;
}

int clinux_lock_file(const char *path, int milliseconds) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    for (; file >= 0 && milliseconds > 0; milliseconds--) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) break;
        usleep(1000);
    }
    return file;
}
