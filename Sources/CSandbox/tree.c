// SPDX-License-Identifier: Apache-2.0
//
// The tree: mounted whole at a place that only the world sees, until its parts are bound.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

// Directories that exist on about every system; what lies in them is hidden only until detach-tree.
static const char *const mount_points[] = {"/tmp", "/run", "/mnt", "/var"};

void step_fuse_device(struct world *world) {
    if (world->plan->tree_directory != NULL) {
        return;
    }
    // Opened here and not in P: the kernel wants the opener's user namespace to be the mounter's.
    world->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (world->fuse < 0) {
        world_fail(world, errno, "/dev/fuse", NULL);
    }
}

static bool hides_a_target(const struct world *world, const char *directory) {
    for (size_t i = 0; i < world->plan->overlay_count; i++) {
        if (text_lies_under(world->plan->overlays[i].target, directory)) {
            return true;
        }
    }
    return false;
}

static void choose_mount_point(struct world *world) {
    for (size_t i = 0; i < sizeof mount_points / sizeof mount_points[0]; i++) {
        struct stat status;
        if (stat(mount_points[i], &status) == 0 && S_ISDIR(status.st_mode) && !hides_a_target(world, mount_points[i])) {
            world->mount_point = mount_points[i];
            return;
        }
    }
    world_fail(world, ENOENT, "none of /tmp, /run, /mnt, /var can be mounted on", NULL);
}

void step_tree_mount(struct world *world) {
    choose_mount_point(world);
    if (world->plan->tree_directory != NULL) {
        if (mount(world->plan->tree_directory, world->mount_point, NULL, MS_BIND, NULL) != 0) {
            world_fail(world, errno, world->plan->tree_directory, NULL);
        }
        return;
    }
    char options[256] = "fd=";
    text_append_number(options, sizeof options, (unsigned)world->fuse);
    text_append(options, sizeof options, ",");
    if (!text_append(options, sizeof options, world->plan->tree_options)) {
        world_fail(world, E2BIG, "mount options", NULL);
    }
    if (mount("hotmem", world->mount_point, "fuse.hotmem", MS_NOSUID | MS_NODEV, options) != 0) {
        world_fail(world, errno, "FUSE on ", world->mount_point);
    }
}

void step_tree_answer(struct world *world) {
    struct stat status;
    if (stat(world->mount_point, &status) != 0) {
        world_fail(world, errno, "the tree's root", NULL);
    }
    world->tree_device = status.st_dev;

    char path[PATH_MAX] = "";
    if (!text_append(path, sizeof path, world->mount_point) ||
        !text_append(path, sizeof path, world->plan->tree_probe)) {
        world_fail(world, ENAMETOOLONG, world->plan->tree_probe, NULL);
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        world_fail(world, errno, "opening ", world->plan->tree_probe);
    }
    char byte;
    ssize_t count = read(file, &byte, 1);
    if (count < 1) {
        world_fail(world, count < 0 ? errno : ENODATA, "reading ", world->plan->tree_probe);
    }
    close(file);
}

void step_detach_tree(struct world *world) {
    // The binds keep the file system alive; the host's directory comes back into view.
    if (umount2(world->mount_point, MNT_DETACH) != 0) {
        world_fail(world, errno, world->mount_point, NULL);
    }
}
