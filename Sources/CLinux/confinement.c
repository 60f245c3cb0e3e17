// SPDX-License-Identifier: Apache-2.0
//
// A list of what is denied, not of what is allowed: which calls a C library and a runtime make changes with their
// versions, and a server that dies of a call that is harmless helps nobody. The service's unit has the other kind.
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
// Goes on where the number is another one.
#define DENY(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), REFUSE(EPERM)
// A system call's argument is 64 bits long; flags and families are in the lower half.
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOAD_ARGUMENT(number) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args[number]))
#else
#define LOAD_ARGUMENT(number) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args[number]) + 4)
#endif
// Denies a call with one of these bits; the number is loaded again for what follows.
#define DENY_FLAGS(call, number, flags) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 4), LOAD_ARGUMENT(number), \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (flags), 0, 1), REFUSE(EPERM), LOAD(nr)

#define NAMESPACES \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#if defined(__s390x__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

#ifdef ARCHITECTURE
static const struct sock_filter beginning[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    REFUSE(EPERM),
    LOAD(nr),
#if defined(__x86_64__)
    // The same calls by other numbers (x32).
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
    REFUSE(EPERM),
#endif
};

// What no process of ours does, and none that it starts.
static const struct sock_filter never[] = {
    // Other processes' memory.
    DENY(SYS_ptrace),
    DENY(SYS_process_vm_readv),
    DENY(SYS_process_vm_writev),
    DENY(SYS_kcmp),
    // The kernel itself, and whole machines.
    DENY(SYS_bpf),
    DENY(SYS_perf_event_open),
    DENY(SYS_init_module),
    DENY(SYS_finit_module),
    DENY(SYS_delete_module),
    DENY(SYS_kexec_load),
#ifdef SYS_kexec_file_load
    DENY(SYS_kexec_file_load),
#endif
    DENY(SYS_reboot),
    DENY(SYS_swapon),
    DENY(SYS_swapoff),
    DENY(SYS_acct),
    DENY(SYS_quotactl),
    DENY(SYS_syslog),
    DENY(SYS_sethostname),
    DENY(SYS_setdomainname),
    DENY(SYS_settimeofday),
    DENY(SYS_clock_settime),
    DENY(SYS_adjtimex),
    DENY(SYS_clock_adjtime),
#ifdef SYS_iopl
    DENY(SYS_iopl),
    DENY(SYS_ioperm),
#endif
    // What attacks on kernels are made with. io_uring does what it is told without being asked by this filter.
    DENY(SYS_userfaultfd),
    DENY(SYS_keyctl),
    DENY(SYS_add_key),
    DENY(SYS_request_key),
    DENY(SYS_open_by_handle_at),
    DENY(425),
    DENY(426),
    DENY(427),
};

// Before it serves, a server opens sockets, mounts, and starts who stands beside it.
static const struct sock_filter only_before_serving[] = {
    DENY(SYS_execve),
    DENY(SYS_execveat),
    // Mounts and namespaces. What clone3(2) asks for cannot be seen from here; C libraries then take clone(2).
    DENY(SYS_mount),
    DENY(SYS_pivot_root),
    DENY(SYS_chroot),
    DENY_FLAGS(SYS_unshare, 0, NAMESPACES | 0x80 /* CLONE_NEWTIME */),
    DENY_FLAGS(SYS_clone, CLONE_FLAGS, NAMESPACES),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 435 /* clone3 */, 0, 1),
    REFUSE(ENOSYS),
    // By number, as not all C libraries have their names: move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr.
    DENY(429),
    DENY(430),
    DENY(431),
    DENY(432),
    DENY(433),
    DENY(442),
    // Local sockets only: the system log, the service manager.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 4),
    LOAD_ARGUMENT(0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
    REFUSE(EPERM),
    LOAD(nr),
};

static const struct sock_filter only_on_errands[] = {
    DENY(SYS_umount2),
    DENY(SYS_setns),
    DENY(428 /* open_tree */),
};

static const struct sock_filter ending[] = {RETURN(SECCOMP_RET_ALLOW)};
#endif

int clinux_confine(enum clinux_confinement whose) {
#ifndef ARCHITECTURE
    (void)whose;
    return EINVAL;
#else
    struct sock_filter program
        [(sizeof beginning + sizeof never + sizeof only_before_serving + sizeof only_on_errands + sizeof ending) /
         sizeof(struct sock_filter)];
    struct sock_fprog filter = {.len = 0, .filter = program};
#define ADD(part)                                                  \
    memcpy(program + filter.len, (part), sizeof(part));            \
    filter.len += (unsigned short)(sizeof(part) / sizeof(part)[0])
    ADD(beginning);
    ADD(never);
    if (whose != CLINUX_CONFINED_KEEPER) {
        ADD(only_before_serving);
        if (whose != CLINUX_CONFINED_STEWARD) {
            ADD(only_on_errands);
        }
    }
    ADD(ending);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 ? 0 : errno;
#endif
}
