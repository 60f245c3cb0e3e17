// SPDX-License-Identifier: Apache-2.0
// One operation, one answer.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// `PATH DATA`: opens as a shell's redirection does, but makes nothing.
static void write_operation(struct text *answer, char *rest, size_t length, int newline)
{
    char *blank = memchr(rest, ' ', length);
    char *data = blank ? blank + 1 : rest + length;
    size_t size = length - (size_t)(data - rest);
    if (blank) *blank = 0;
    int file = open(rest, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0) {
        append(answer, "{\"errno\":%d,\"at\":\"open\"}", errno);
        return;
    }
    // The caller's buffer has room for a byte more.
    if (newline) data[size++] = '\n';
    ssize_t count = write(file, data, size);
    int failed = count < 0 ? errno : 0;
    close(file);
    append(answer, "{\"errno\":%d,\"ret\":%zd}", failed, count);
}

static void answer_failure(struct text *answer)
{
    append(answer, "{\"errno\":%d}", errno);
}

static void read_operation(struct text *answer, const char *path)
{
    struct text data = {0};
    if (read_file(&data, path) != 0) {
        answer_failure(answer);
    } else {
        append(answer, "{\"errno\":0,\"data\":");
        append_json(answer, data.bytes, data.length);
        append(answer, "}");
    }
    free(data.bytes);
}

static void link_operation(struct text *answer, const char *path)
{
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) {
        answer_failure(answer);
        return;
    }
    append(answer, "{\"errno\":0,\"data\":");
    append_json(answer, target, (size_t)length);
    append(answer, "}");
}

static void directory_operation(struct text *answer, const char *path)
{
    struct text names = {0};
    if (append_names(&names, path, "", 0) != 0) {
        answer_failure(answer);
    } else {
        append(answer, "{\"errno\":0,\"names\":[%.*s]}", (int)names.length, names.bytes ? names.bytes : "");
    }
    free(names.bytes);
}

static void status_operation(struct text *answer, const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        answer_failure(answer);
        return;
    }
    append(answer, "{\"errno\":0,\"mode\":\"%o\",\"size\":%lld,\"nlink\":%lu}", status.st_mode,
        (long long)status.st_size, (unsigned long)status.st_nlink);
}

static void wait_operation(struct text *answer, const char *milliseconds)
{
    usleep((useconds_t)strtoul(milliseconds, NULL, 10) * 1000);
    append(answer, "{\"ok\":0}");
}

void answer_operation(struct text *answer, char *operation, size_t length, int uevents)
{
    char *rest = length > 1 ? operation + 2 : operation + length;
    size_t left = length > 1 ? length - 2 : 0;
    switch (length == 1 || (length > 1 && operation[1] == ' ') ? operation[0] : 0) {
    case 'W': write_operation(answer, rest, left, 1); break;
    case 'N': write_operation(answer, rest, left, 0); break;
    case 'R': read_operation(answer, rest); break;
    case 'L': link_operation(answer, rest); break;
    case 'D': directory_operation(answer, rest); break;
    case 'S': status_operation(answer, rest); break;
    case 'U': append_uevents(answer, uevents); break;
    case 'B': append_snapshot(answer); break;
    case 'T': wait_operation(answer, rest); break;
    default: append(answer, "{\"unknown\":true}");
    }
}
