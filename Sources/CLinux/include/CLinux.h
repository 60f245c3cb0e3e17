// SPDX-License-Identifier: Apache-2.0
// The few system calls that Swift cannot express, or that its Glibc module does not show.
#ifndef CLINUX_H
#define CLINUX_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "CLinuxPrivileges.h"

// fork(2), which Swift hides: only call it while the process has one thread. 0 in the child; -1 and errno on failure.
int clinux_fork(void);

// Statuses with which a server that clinux_keep started ends: it could not serve; another is to go on at once; it could not
// go on at this mount, for the kernel does not send requests again.
enum { CLINUX_SERVER_FAILED = 1, CLINUX_SERVER_AGAIN = 75, CLINUX_SERVER_REMOUNT = 76 };

// Keeps a mount: holds its /dev/fuse, starts a program that serves it, and starts it again when it was killed or ended with
// CLINUX_SERVER_AGAIN. When it ends by itself, or crashes again and again, the mount is taken away. Call it in a child
// process with one thread; it never returns. Where a server cannot go on at the mount, it is mounted anew in its place with
// the second arguments.
_Noreturn void clinux_keep(
    int device, const char *program, char *const arguments[], char *const remount[], const char *place);

// The longest notice that a messenger takes, in bytes: a name is at most 255.
enum { CLINUX_LONGEST_NOTICE = 512 };

// Starts a process that tells the kernel things in this one's place, without waiting for it. It ends when the socket that is
// returned is closed, here and wherever it was inherited. -1 and errno on failure.
int clinux_start_messenger(void);

// A line to the kernel, in order: notices that are written to the socket that is returned go to device, each with its
// length first; each is followed by a byte back once the kernel has taken it, and a length of 0 by a wake-up of the
// eventfd. First of all comes the pid_t of the process at the other end. -1 and errno on failure.
int clinux_new_messenger_line(int control, int device, int wake);

// Whether the kernel has a process wait in a way that no signal ends: 1 or 0, -1 where that is not to be known.
int clinux_sleeps_in_kernel(pid_t process);

// Keeps others who do so from using a file at the same time, until the descriptor that is returned is closed; after so many
// milliseconds it is returned all the same. -1 and errno where there is no such file.
int clinux_lock_file(const char *path, int milliseconds);

// Writes all of the bytes, whatever interrupts it. 0, or an errno.
int clinux_write_all(int file, const void *bytes, unsigned long count);

// Closes every descriptor from this one on, where the kernel has close_range(2) (5.9).
void clinux_close_from(int first);

// The number of the kind of file system that a path is on (statfs(2)'s f_type). -1 and errno on failure.
long clinux_file_system_kind(const char *path);

// The same of an open file.
long clinux_file_system_kind_of(int fd);

// A directory's component that is a directory, and not a link to one, to go on from: searching it is all the permission
// that is needed. -1 and errno on failure.
int clinux_open_place(int parent, const char *name);

// An eventfd(2), close-on-exec and non-blocking. -1 and errno on failure.
int clinux_eventfd(void);

// poll(2) with a limit in nanoseconds, or without one if it is negative.
int clinux_poll(struct pollfd *descriptors, size_t count, int64_t nanoseconds);

// Takes the calling thread to a mount namespace (setns(2)), and to its root directory. -1 and errno on failure.
int clinux_enter_mount_namespace(int fd);

// Gives the calling thread descriptors of its own, of which there is only this one yet, or none for -1. -1 and errno on
// failure.
int clinux_own_descriptors(int kept);

// A copy of the mount that a directory is the root of, which is nowhere to be seen, as a descriptor; it needs
// CAP_SYS_ADMIN. -1 and errno on failure.
int clinux_copy_mount(const char *path);

// Whether this process ignores a signal: 1 or 0.
int clinux_ignores(int signal);

// Takes a tree's mount away, even if it is in use; who may not has fusermount3 do it, in a child process. 0, or an errno. Where
// it is gone already, what it was mounted on stays as it is.
int clinux_unmount(const char *place);

// What a signal that would end this process takes along first, unless it is heard or ignored already. One of each; NULL, 0 and -1
// are none. For processes in which one thread does all of this.
//
// A file that is not whole: it is unlinked.
void clinux_unfinished_file(const char *path);
// A process that works for this one, and leads a group: all of that is killed.
void clinux_unfinished_work(pid_t process);
// A process that removes a directory once a descriptor is closed, by all that have it: that is done, and it is waited for. -1 where
// it is closed already.
void clinux_unfinished_directory(int holder, pid_t process);

// Sends a datagram with a descriptor beside its text. 0, or an errno.
int clinux_send_descriptor(
    int fd, const void *address, size_t address_length, const void *text, size_t length, int descriptor);

// Sends a uevent's text to the kernel on a NETLINK_KOBJECT_UEVENT socket, for the kernel to broadcast.
// 0, or the errno that send or the kernel answered with.
int clinux_send_uevent(int fd, const void *text, size_t length);

// Opens a uevent socket in the network namespace of a file (/run/netns/NAME, /proc/PID/ns/net), and that namespace's table
// of netlink sockets. Only call it while the process has one thread. 0, or an errno.
int clinux_open_uevents_in(const char *namespace, int *socket, int *table);

// A socket that hears the kernel's uevents of the network namespace, with as large a buffer as may be had. -1 and errno
// on failure.
int clinux_listen_uevents(void);

// Waits for a message of the kernel's own; others' are passed over. Its length, or -1 and errno.
ssize_t clinux_receive_uevent(int fd, void *buffer, size_t size);

#endif
