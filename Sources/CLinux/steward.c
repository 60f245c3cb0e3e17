// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void answer(int error, int descriptor) {
    struct iovec part = {.iov_base = &error, .iov_len = sizeof error};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof descriptor)];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    while (sendmsg(CLINUX_CHANNEL, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
    if (descriptor >= 0) close(descriptor);
}

static int enter_namespace(const struct clinux_steward_errands *errands) {
    if (errands->namespace == NULL) return 0;
    int there = open(errands->namespace, O_RDONLY | O_CLOEXEC);
    if (there < 0) return errno;
    // A process's number may be another's by now.
    struct stat status;
    int error = 0;
    if (fstat(there, &status) != 0) {
        error = errno;
    } else if (status.st_dev != errands->namespace_device || status.st_ino != errands->namespace_inode) {
        error = ESTALE;
    } else if (setns(there, CLONE_NEWNS) != 0) {
        error = errno;
    }
    close(there);
    return error;
}

static int unmount(const struct clinux_steward_errands *errands) {
    int error = enter_namespace(errands);
    if (error != 0) return error;
    return clinux_unmount(errands->place);
}

_Noreturn static void serve(const struct clinux_steward_errands *errands) {
    for (;;) {
        char errand = 0;
        ssize_t count = recv(CLINUX_CHANNEL, &errand, sizeof errand, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof errand) _exit(0);
        int descriptor = -1;
        switch (errand) {
            case CLINUX_STEWARD_UNMOUNT:
                answer(unmount(errands), -1);
                // It may be in another namespace now, and there is nothing left to do.
                _exit(0);
            case CLINUX_STEWARD_COPY_MOUNT:
                descriptor = errands->namespace == NULL ? clinux_copy_mount(errands->place) : (errno = EXDEV, -1);
                break;
            case CLINUX_STEWARD_OPEN_FILE:
                descriptor = errands->file != NULL ? open(errands->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                                                   : (errno = ENOENT, -1);
                break;
            default: errno = EINVAL; break;
        }
        answer(descriptor < 0 ? errno : 0, descriptor);
    }
}

int clinux_start_steward(const struct clinux_steward_errands *errands) {
    int channel = clinux_start_helper(SOCK_SEQPACKET, "hotmem-steward");
    if (channel != -2) return channel;
    // To mount; to reach a place and a file that are another user's; and to enter a namespace and find it.
    uint64_t kept = UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_DAC_READ_SEARCH;
    if (errands->namespace != NULL) kept |= UINT64_C(1) << CAP_SYS_CHROOT | UINT64_C(1) << CAP_SYS_PTRACE;
    if (clinux_give_up_all_but(kept, geteuid() != 0, CLINUX_CONFINED_STEWARD) != 0) _exit(1);
    serve(errands);
}

int clinux_ask_steward(int channel, enum clinux_steward_errand errand) {
    char request = (char)errand;
    ssize_t sent;
    while ((sent = send(channel, &request, sizeof request, MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
    if (sent < 0) return errno == EPIPE || errno == ECONNRESET ? -ESRCH : -errno;

    int error = 0;
    struct iovec part = {.iov_base = &error, .iov_len = sizeof error};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count;
    while ((count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    // What it left unread when it ended is a reset.
    if (count != sizeof error) return count < 0 && errno != ECONNRESET ? -errno : -ESRCH;
    if (error != 0) return -error;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int descriptor = 0;
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}
