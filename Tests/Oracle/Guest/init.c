// SPDX-License-Identifier: Apache-2.0
//
// The only program of the virtual machine whose kernel is asked: pid 1, linked statically. It reads one operation per line
// from the second serial port and answers each with one line of JSON, as transcripts have it (Tests/Oracle/README.md).
// Bytes that would disturb the line, and backslashes, come as \xHH.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

enum {
    // Who stops asking has gone; a machine that nobody asks is not to stay.
    idle_milliseconds = 10 * 60 * 1000,
    longest_operation = 1 << 16,
};

static _Noreturn void end(const char *why)
{
    dprintf(2, "oracle: %s: %s\n", why, strerror(errno));
    sync();
    reboot(RB_POWER_OFF);
    for (;;) pause();
}

static void mount_all(void)
{
    static const char *const mounts[][2] = {
        {"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"debugfs", "/sys/kernel/debug"}};
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        mkdir(mounts[i][1], 0755);
        if (mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, NULL) != 0 && errno != EBUSY) end(mounts[i][1]);
    }
}

/// Loads what /modules/order names, in that order.
static void load_modules(void)
{
    FILE *order = fopen("/modules/order", "re");
    char name[256], path[300];
    while (order && fscanf(order, "%255s", name) == 1) {
        snprintf(path, sizeof path, "/modules/%s", name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) end(path);
        close(file);
    }
    if (order) fclose(order);
}

static int listen_to_uevents(void)
{
    int uevents = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    int room = 16 << 20;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    if (uevents < 0 || setsockopt(uevents, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0 ||
        bind(uevents, (struct sockaddr *)&address, sizeof address) != 0)
        end("uevents");
    return uevents;
}

static int open_line(void)
{
    int line = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios settings;
    if (line < 0 || tcgetattr(line, &settings) != 0) end("/dev/ttyS1");
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL;
    cfsetspeed(&settings, B115200);
    if (tcsetattr(line, TCSANOW, &settings) != 0) end("/dev/ttyS1");
    return line;
}

/// Reads a line without its end, and undoes its escapes. Returns its length.
static size_t read_operation(int line, char *operation)
{
    static char ahead[4096];
    static size_t first, last;
    size_t length = 0;
    for (;;) {
        while (first < last) {
            char byte = ahead[first++];
            if (byte == '\n') {
                operation[length] = 0;
                return unescape(operation, length);
            }
            if (length + 1 < longest_operation) operation[length++] = byte;
        }
        struct pollfd asked = {.fd = line, .events = POLLIN};
        if (poll(&asked, 1, idle_milliseconds) <= 0) end("nobody asks");
        ssize_t count = read(line, ahead, sizeof ahead);
        if (count <= 0) end("the serial line");
        first = 0;
        last = (size_t)count;
    }
}

int main(void)
{
    mount_all();
    int uevents = listen_to_uevents();
    load_modules();
    int line = open_line();
    static char operation[longest_operation];
    struct text answer = {0};
    struct utsname kernel;
    uname(&kernel);
    append(&answer, "{\"ready\":\"%s %s %s\"}\n", kernel.sysname, kernel.release, kernel.machine);
    for (;;) {
        for (size_t done = 0; done < answer.length;) {
            ssize_t count = write(line, answer.bytes + done, answer.length - done);
            if (count < 0) end("the serial line");
            done += (size_t)count;
        }
        answer.length = 0;
        size_t length = read_operation(line, operation);
        if (length == 1 && operation[0] == 'Q') end("asked to end");
        answer_operation(&answer, operation, length, uevents);
        append(&answer, "\n");
    }
}
