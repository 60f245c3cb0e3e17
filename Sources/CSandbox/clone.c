// SPDX-License-Identifier: Apache-2.0
//
// Creating I, and the order of the steps.

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

struct step {
    enum csandbox_step name;
    void (*run)(struct world *world);
};

// What runs after the user namespace has its maps. pid-namespace is the clone itself.
static const struct step steps[] = {
    {CSANDBOX_STEP_MOUNT_NAMESPACE, step_mount_namespace},
    {CSANDBOX_STEP_PRIVATE_MOUNTS, step_private_mounts},
    {CSANDBOX_STEP_NETWORK_NAMESPACE, step_network_namespace},
    {CSANDBOX_STEP_FUSE_DEVICE, step_fuse_device},
    {CSANDBOX_STEP_TREE_MOUNT, step_tree_mount},
    {CSANDBOX_STEP_UEVENT_SOCKET, step_uevent_socket},
    {CSANDBOX_STEP_HANDOVER, step_handover},
    {CSANDBOX_STEP_TREE_ANSWER, step_tree_answer},
    {CSANDBOX_STEP_PROC_MOUNT, step_proc_mount},
    {CSANDBOX_STEP_DEBUGFS, step_debugfs},
    {CSANDBOX_STEP_READ_ONLY, step_read_only},
    {CSANDBOX_STEP_OVERLAY, step_overlay},
    {CSANDBOX_STEP_DETACH_TREE, step_detach_tree},
    {CSANDBOX_STEP_VERIFY, step_verify},
    {CSANDBOX_STEP_RUNTIME_DIRECTORY, step_runtime_directory},
    {CSANDBOX_STEP_COVERS, step_covers},
    {CSANDBOX_STEP_SERVICES, step_services},
    {CSANDBOX_STEP_WORKING_DIRECTORY, step_working_directory},
    {CSANDBOX_STEP_COMMAND, step_command},
};

pid_t world_fork(unsigned long namespaces) {
    unsigned long flags = namespaces | SIGCHLD;
#if defined(__s390x__)
    return (pid_t)syscall(SYS_clone, 0L, flags, 0L, 0L, 0L);
#else
    return (pid_t)syscall(SYS_clone, flags, 0L, 0L, 0L, 0L);
#endif
}

static void run_step(struct world *world, enum csandbox_step name, void (*run)(struct world *world)) {
    world->step = name;
    world_tell(world, CSANDBOX_PROGRESS, 0, NULL, NULL);
    if (world->plan->fail_at == name) {
        world_fail(world, EPERM, "made to fail", NULL);
    }
    run(world);
}

_Noreturn static void init_main(const struct csandbox_plan *plan) {
    // Without its own copy of P's end, I sees an end of file when P dies.
    close(plan->control_of_parent);

    struct world world;
    memset(&world, 0, sizeof world);
    world.plan = plan;
    world.channel = plan->control;
    world.fuse = world.uevents = world.listeners = -1;
    prctl(PR_SET_NAME, "hotmem-init");

    // Nothing typed at the terminal or sent to the process group may stop or end I; the command is told by P.
    sigset_t everything;
    sigfillset(&everything);
    sigprocmask(SIG_SETMASK, &everything, NULL);
    // Inherited as ignored, SIGCHLD would make the kernel throw the command's exit status away.
    struct sigaction usual;
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &usual, NULL);

    run_step(&world, CSANDBOX_STEP_USER_NAMESPACE, step_user_namespace);

    // After the last change of credentials, for such a change clears it. It fires when the *thread* that called
    // csandbox_clone ends. Had P died before this line there would be no signal: hence the greeting.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        world_fail(&world, errno, "PR_SET_PDEATHSIG", NULL);
    }
    world_await(&world, CSANDBOX_HELLO);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        run_step(&world, steps[i].name, steps[i].run);
    }
    world_supervise(&world);
}

pid_t csandbox_clone(const struct csandbox_plan *plan) {
    pid_t pid = world_fork(CLONE_NEWPID | (plan->uid_map != NULL ? CLONE_NEWUSER : 0));
    if (pid == 0) {
        init_main(plan);
    }
    return pid < 0 ? -errno : pid;
}
