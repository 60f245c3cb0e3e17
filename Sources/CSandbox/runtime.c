// SPDX-License-Identifier: Apache-2.0
//
// What services find: a directory of their own in /run, and nothing of the host's that is not for them.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

// What getdents64(2) fills in; the libc's readdir allocates.
struct entry {
    ino64_t inode;
    off64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int mount_empty(const char *directory, unsigned long flags) {
    return mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV | flags, "mode=755");
}

// Shows an entry of the covered directory `old` under its name in `directory` again.
static int show_again(int old, const char *directory, const struct entry *entry) {
    char source[PATH_MAX] = "/proc/self/fd/";
    char target[PATH_MAX] = "";
    if (!text_append_number(source, sizeof source, (unsigned)old) || !text_append(source, sizeof source, "/") ||
        !text_append(source, sizeof source, entry->name) || !text_append(target, sizeof target, directory) ||
        !text_append(target, sizeof target, "/") || !text_append(target, sizeof target, entry->name)) {
        return ENAMETOOLONG;
    }
    struct stat status;
    if (fstatat(old, entry->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno;
    }
    if (S_ISLNK(status.st_mode)) {
        char link[PATH_MAX] = "";
        ssize_t length = readlinkat(old, entry->name, link, sizeof link - 1);
        return length < 0 || symlink(link, target) != 0 ? errno : 0;
    }
    if (S_ISDIR(status.st_mode)) {
        if (mkdir(target, 0700) != 0) {
            return errno;
        }
    } else {
        int file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0) {
            return errno;
        }
        close(file);
    }
    return mount(source, target, NULL, MS_BIND | MS_REC, NULL) != 0 ? errno : 0;
}

// Whether the world has a file of its own by this name in the directory.
static bool has_own(const struct csandbox_plan *plan, const char *directory, const char *name) {
    char path[PATH_MAX] = "";
    text_append(path, sizeof path, directory);
    text_append(path, sizeof path, "/");
    text_append(path, sizeof path, name);
    for (size_t i = 0; i < plan->file_count; i++) {
        if (strcmp(plan->files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

// Covers a directory by an empty one in which everything of the old one is shown again, but for what the world has files
// of its own for: new entries are the world's.
static void make_own(struct world *world, const char *directory) {
    int old = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (old < 0 || mount_empty(directory, 0) != 0) {
        world_fail(world, errno, directory, NULL);
    }
    char buffer[4096] __attribute__((aligned(8)));
    long count;
    while ((count = syscall(SYS_getdents64, old, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < count;) {
            const struct entry *entry = (const struct entry *)(buffer + at);
            at += entry->length;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0 ||
                has_own(world->plan, directory, entry->name)) {
                continue;
            }
            // What cannot be shown is missed by those who look for it, which is no reason to stop.
            if (show_again(old, directory, entry) != 0) {
                world_note(world, "not to be seen in this world, of a private directory: ", entry->name);
            }
        }
    }
    if (count < 0) {
        world_fail(world, errno, directory, NULL);
    }
    close(old);
}

static void write_file(struct world *world, const struct csandbox_file *file) {
    // The file's directories may be missing; that they are there is no failure.
    char path[PATH_MAX] = "";
    if (!text_append(path, sizeof path, file->path)) {
        world_fail(world, ENAMETOOLONG, file->path, NULL);
    }
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            world_fail(world, errno, path, NULL);
        }
        *slash = '/';
    }
    if (path[strlen(path) - 1] == '/') {
        return;
    }
    int target = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (target < 0) {
        world_fail(world, errno, path, NULL);
    }
    const char *bytes = file->bytes;
    for (size_t written = 0; written < file->length;) {
        ssize_t count = write(target, bytes + written, file->length - written);
        if (count < 0) {
            world_fail(world, errno, path, NULL);
        }
        written += (size_t)count;
    }
    close(target);
}

void step_runtime_directory(struct world *world) {
    const char *directory = world->plan->runtime_directory;
    if (directory == NULL) {
        return;
    }
    struct stat status;
    if (stat(directory, &status) != 0) {
        if (errno != ENOENT) {
            world_fail(world, errno, directory, NULL);
        }
        // Nothing may be made on the host, so the directory above becomes the world's own first.
        make_own(world, "/run");
        if (mkdir(directory, 0755) != 0) {
            world_fail(world, errno, directory, NULL);
        }
    }
    if (mount_empty(directory, 0) != 0) {
        world_fail(world, errno, directory, NULL);
    }
    for (char *const *own = world->plan->own_directories; *own != NULL; own++) {
        make_own(world, *own);
    }
    for (size_t i = 0; i < world->plan->file_count; i++) {
        write_file(world, &world->plan->files[i]);
    }
}

// Flags of a mount that must be kept when it is mounted anew: in a user namespace they are locked.
static unsigned long kept_flags(const char *path) {
    struct statvfs status;
    if (statvfs(path, &status) != 0) {
        return 0;
    }
    unsigned long flags = 0;
    flags |= status.f_flag & ST_NOSUID ? MS_NOSUID : 0;
    flags |= status.f_flag & ST_NODEV ? MS_NODEV : 0;
    flags |= status.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
    flags |= status.f_flag & ST_NOATIME ? MS_NOATIME : 0;
    flags |= status.f_flag & ST_RELATIME ? MS_RELATIME : 0;
    return flags;
}

// With all that is mounted on it, where the kernel can (5.12).
static bool make_all_read_only(const char *path) {
#ifdef SYS_mount_setattr
    // struct mount_attr, which older headers lack.
    struct {
        uint64_t set, clear, propagation, user_namespace;
    } attributes = {.set = 0x00000001 /* MOUNT_ATTR_RDONLY */};
    return syscall(SYS_mount_setattr, AT_FDCWD, path, 0x8000 /* AT_RECURSIVE */, &attributes, sizeof attributes) == 0;
#else
    return path == NULL;
#endif
}

static int make_read_only(const struct csandbox_read_only *place) {
    if (place->with_mounts && make_all_read_only(place->path)) {
        return 0;
    }
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | kept_flags(place->path);
    if (mount(NULL, place->path, NULL, flags, NULL) == 0) {
        return 0;
    }
    // EINVAL: a plain directory, which becomes a mount.
    if (errno != EINVAL || mount(place->path, place->path, NULL, MS_BIND | MS_REC, NULL) != 0) {
        return -1;
    }
    return mount(NULL, place->path, NULL, flags, NULL);
}

void step_read_only(struct world *world) {
    for (size_t i = 0; i < world->plan->read_only_count; i++) {
        const struct csandbox_read_only *place = &world->plan->read_only[i];
        if (make_read_only(place) != 0) {
            world_fail(world, errno, place->path, NULL);
        }
    }
}

void step_covers(struct world *world) {
    for (char *const *directory = world->plan->hidden; *directory != NULL; directory++) {
        if (mount_empty(*directory, MS_RDONLY) != 0 && errno != ENOENT) {
            world_fail(world, errno, *directory, NULL);
        }
    }
}

static bool lies_under_any(const char *path, char *const *directories) {
    for (; *directories != NULL; directories++) {
        if (text_lies_under(path, *directories)) {
            return true;
        }
    }
    return false;
}

bool runtime_covers(const struct csandbox_plan *plan, const char *path) {
    for (size_t i = 0; i < plan->read_only_count; i++) {
        if (text_lies_under(path, plan->read_only[i].path)) {
            return true;
        }
    }
    return (plan->runtime_directory != NULL && text_lies_under(path, "/run")) ||
           lies_under_any(path, plan->own_directories) || lies_under_any(path, plan->hidden);
}
