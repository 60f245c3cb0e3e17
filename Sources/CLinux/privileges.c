// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif

// Two links of the directory's own, and one per thread.
static int has_one_thread(void) {
    struct stat status;
    return stat("/proc/self/task", &status) != 0 || status.st_nlink <= 3;
}

static int capabilities(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    return (int)syscall(SYS_capget, &header, data);
}

int clinux_give_up_privileges(uint64_t kept, int gains, enum clinux_privilege_step *step) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    *step = CLINUX_PRIVILEGES_THREADS;
    if (!has_one_thread()) return EBUSY;
    *step = CLINUX_PRIVILEGES_NEW;
    if (!gains && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;

    // First, for it takes CAP_SETPCAP. Who lacks that has no capabilities to speak of, and can gain none.
    *step = CLINUX_PRIVILEGES_BOUNDING;
    int bounds = 1;
    for (int number = 0; bounds && prctl(PR_CAPBSET_READ, number) >= 0; number++) {
        if (number < 64 && (kept >> number & 1)) continue;
        if (prctl(PR_CAPBSET_READ, number) == 1 && prctl(PR_CAPBSET_DROP, number) != 0) {
            if (errno != EPERM) return errno;
            bounds = 0;
        }
    }
    *step = CLINUX_PRIVILEGES_AMBIENT;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return errno;

    *step = CLINUX_PRIVILEGES_CAPABILITIES;
    if (capabilities(data) != 0) return errno;
    // Who has no more than that need not ask, and may be forbidden to: systemd's filter has capset(2) among the privileged.
    struct __user_cap_data_struct before[_LINUX_CAPABILITY_U32S_3];
    memcpy(before, data, sizeof before);
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].permitted &= (uint32_t)(kept >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    if (memcmp(before, data, sizeof before) != 0 && syscall(SYS_capset, &header, data) != 0) return errno;

    // A security module may have its own mind of any of these: what counts is what is so.
    *step = CLINUX_PRIVILEGES_VERIFY;
    if (capabilities(data) != 0) return errno;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        uint32_t others = ~(uint32_t)(kept >> (32 * i));
        if (((data[i].permitted | data[i].effective) & others) != 0 || data[i].inheritable != 0) return EPERM;
    }
    for (int number = 0; bounds; number++) {
        int is_bound = prctl(PR_CAPBSET_READ, number);
        if (is_bound < 0) break;
        if (is_bound == 1 && !(number < 64 && (kept >> number & 1))) return EPERM;
    }
    if (!gains && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return EPERM;
    return 0;
}

int clinux_uevents_need_privilege(int socket) {
    // The kernel wants CAP_SYS_ADMIN in the user namespace that the network namespace belongs to. One's own has to have
    // it by itself; in one below that its user made, that user has it by having made it.
    int needs = 1;
    int network = ioctl(socket, SIOCGSKNS), owner = -1, parent = -1;
    struct stat above, own;
    uid_t maker;
    if (network >= 0) owner = ioctl(network, NS_GET_USERNS);
    if (owner >= 0) parent = ioctl(owner, NS_GET_PARENT);
    if (parent >= 0 && fstat(parent, &above) == 0 && stat("/proc/self/ns/user", &own) == 0 &&
        above.st_dev == own.st_dev && above.st_ino == own.st_ino && ioctl(owner, NS_GET_OWNER_UID, &maker) == 0 &&
        maker == geteuid()) {
        needs = 0;
    }
    if (parent >= 0) close(parent);
    if (owner >= 0) close(owner);
    if (network >= 0) close(network);
    return needs;
}
