// SPDX-License-Identifier: Apache-2.0
//
// What is laid over the host's paths, and the proof that it lies there.

#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "world.h"

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

static const char debugfs[] = "/sys/kernel/debug";

void step_proc_mount(struct world *world) {
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0) {
        world->fresh_proc = true;
        return;
    }
    // In a user namespace the kernel refuses a fresh /proc where parts of the old one are covered (containers do
    // that). The old one serves too: it only shows the pids of the outside.
    if (errno != EPERM) {
        world_fail(world, errno, "/proc", NULL);
    }
    world_note(world, "/proc shows the host's processes: the kernel allows no fresh one here", NULL);
}

void step_debugfs(struct world *world) {
    if (world->plan->uid_map != NULL) {
        return;
    }
    struct statfs status;
    if (statfs(debugfs, &status) != 0) {
        if (errno != ENOENT) {
            world_fail(world, errno, debugfs, NULL);
        }
        world_note(world, "this host has no ", debugfs);
        return;
    }
    if ((unsigned long)status.f_type == DEBUGFS_MAGIC) {
        return;
    }
    if (mount("debugfs", debugfs, "debugfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0) {
        return;
    }
    // EPERM: privileged in a container's user namespace only, where debugfs may never be mounted.
    if (errno != ENODEV && errno != EPERM) {
        world_fail(world, errno, debugfs, NULL);
    }
    const char *reason = errno == ENODEV ? "this kernel has no debugfs for " : "debugfs may not be mounted here on ";
    world_note(world, reason, debugfs);
}

void step_overlay(struct world *world) {
    for (size_t i = 0; i < world->plan->overlay_count; i++) {
        struct csandbox_overlay *overlay = &world->plan->overlays[i];
        struct stat status;
        if (stat(overlay->target, &status) != 0) {
            if ((errno != ENOENT && errno != ENOTDIR) || overlay->required) {
                world_fail(world, errno, overlay->target, NULL);
            }
            world_note(world, "this host has no ", overlay->target);
            continue;
        }
        char source[PATH_MAX] = "";
        if (!text_append(source, sizeof source, world->mount_point) ||
            !text_append(source, sizeof source, overlay->source)) {
            world_fail(world, ENAMETOOLONG, overlay->source, NULL);
        }
        if (stat(source, &status) != 0) {
            world_fail(world, errno, "in the simulated tree: ", overlay->source);
        }
        if (mount(source, overlay->target, NULL, MS_BIND, NULL) != 0) {
            world_fail(world, errno, overlay->target, NULL);
        }
        overlay->bound = true;
    }
}

void step_verify(struct world *world) {
    for (size_t i = 0; i < world->plan->overlay_count; i++) {
        const struct csandbox_overlay *overlay = &world->plan->overlays[i];
        if (!overlay->bound) {
            continue;
        }
        struct stat status;
        struct statfs system;
        if (stat(overlay->target, &status) != 0 || statfs(overlay->target, &system) != 0) {
            world_fail(world, errno, overlay->target, NULL);
        }
        bool is_fuse = (unsigned long)system.f_type == FUSE_SUPER_MAGIC || world->plan->tree_directory != NULL;
        if (!is_fuse || status.st_dev != world->tree_device) {
            world_fail(world, EXDEV, "not the simulated tree: ", overlay->target);
        }
    }
}

// Whether the path may mean another file than it did before the overlays.
static bool is_covered(const struct world *world, const char *path) {
    for (size_t i = 0; i < world->plan->overlay_count; i++) {
        const struct csandbox_overlay *overlay = &world->plan->overlays[i];
        if (overlay->bound && text_lies_under(path, overlay->target)) {
            return true;
        }
    }
    return (world->fresh_proc && text_lies_under(path, "/proc")) || text_lies_under(path, debugfs) ||
           runtime_covers(world->plan, path);
}

void step_working_directory(struct world *world) {
    // The caller's directory is still current, but as the directory below an overlay if it is under one: resolved
    // again by its path, relative paths see the tree. Elsewhere a directory that cannot be reached by its path
    // (removed, or a parent that may not be searched) is a working directory all the same, so it simply stays.
    const char *path = world->plan->working_directory;
    if (path != NULL && is_covered(world, path) && chdir(path) != 0) {
        world_fail(world, errno, path, NULL);
    }
}
