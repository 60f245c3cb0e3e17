// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

// Who may not mount asks the program that may, which is setuid, and takes away nothing but such a mount of that user's.
static int run_fusermount(const char *place) {
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGCHLD, SIG_DFL);
        execl("/usr/bin/fusermount3", "fusermount3", "-u", "-q", "-z", "--", place, (char *)NULL);
        execl("/bin/fusermount3", "fusermount3", "-u", "-q", "-z", "--", place, (char *)NULL);
        execlp("fusermount3", "fusermount3", "-u", "-q", "-z", "--", place, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return errno;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EPERM;
}

// The number of the mount that an open directory is in, -1 where that cannot be known.
static int mount_number(int directory) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", directory);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    text[count < 0 ? 0 : count] = 0;
    const char *field = strstr(text, "mnt_id:");
    return field == NULL ? -1 : atoi(field + strlen("mnt_id:"));
}

// Whether a line of /proc/self/mountinfo is of a tree.
static int is_tree(const char *line) { return strstr(line, " - fuse.hotmem ") != NULL; }

// Whether the mount that an open directory is in is a tree's: 1 or 0, -1 where that cannot be known. Nobody who serves it is
// asked.
static int is_of_tree(int directory) {
    int number = mount_number(directory);
    int file = number < 0 ? -1 : open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    // Longer than a line is: a path in it has 4096 bytes at most, four each where they are octal.
    static char text[1 << 16];
    size_t length = 0;
    int found = 0;
    for (ssize_t count; found == 0 && (count = read(file, text + length, sizeof text - 1 - length)) > 0;) {
        length += (size_t)count;
        text[length] = 0;
        char *line = text;
        for (char *end; found == 0 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = 0;
            found = atoi(line) == number && is_tree(line);
        }
        length -= (size_t)(line - text);
        memmove(text, line, length);
        if (length == sizeof text - 1) length = 0;
    }
    close(file);
    return found;
}

int clinux_unmount(const char *place) {
    const int flags = MNT_FORCE | MNT_DETACH;
    int mount = open(place, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int is_ours = mount < 0 ? -1 : is_of_tree(mount);
    int error = 0;
    if (is_ours < 0) {
        if (umount2(place, flags | UMOUNT_NOFOLLOW) != 0) error = errno;
    } else if (is_ours > 0) {
        // Through that link it is this mount, whatever is at the place by then.
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", mount);
        if (umount2(path, flags) != 0) error = errno;
        // Somebody else was faster.
        if (error == EINVAL) error = 0;
    }
    if (mount >= 0) close(mount);
    return error == 0 || geteuid() == 0 ? error : run_fusermount(place);
}
