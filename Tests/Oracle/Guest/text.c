// SPDX-License-Identifier: Apache-2.0
// Text that grows, JSON strings, directories and files.

#define _GNU_SOURCE
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void make_room(struct text *text, size_t more)
{
    if (text->length + more <= text->room) return;
    text->room = 2 * (text->length + more);
    text->bytes = realloc(text->bytes, text->room);
    if (!text->bytes) abort();
}

void append_bytes(struct text *text, const char *bytes, size_t length)
{
    if (length == 0) return;
    make_room(text, length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void append(struct text *text, const char *format, ...)
{
    char *bytes;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&bytes, format, arguments);
    va_end(arguments);
    if (length < 0) abort();
    append_bytes(text, bytes, (size_t)length);
    free(bytes);
}

void append_json(struct text *text, const char *bytes, size_t length)
{
    append_bytes(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\n') {
            append_bytes(text, "\\n", 2);
        } else if (byte == '\t') {
            append_bytes(text, "\\t", 2);
        } else if (byte == '"' || byte == '\\') {
            append(text, "\\%c", byte);
        } else if (byte < ' ' || byte > '~') {
            append(text, "\\u%04x", byte);
        } else {
            append_bytes(text, bytes + i, 1);
        }
    }
    append_bytes(text, "\"", 1);
}

size_t unescape(char *bytes, size_t length)
{
    size_t to = 0;
    for (size_t from = 0; from < length; to++) {
        if (from + 3 < length && bytes[from] == '\\' && bytes[from + 1] == 'x') {
            char digits[3] = {bytes[from + 2], bytes[from + 3], 0};
            bytes[to] = (char)strtoul(digits, NULL, 16);
            from += 4;
        } else {
            bytes[to] = bytes[from++];
        }
    }
    bytes[to] = 0;
    return to;
}

static int in_natural_order(const void *left, const void *right)
{
    return strverscmp(*(char *const *)left, *(char *const *)right);
}

int each_name(const char *directory, void (*visit)(void *context, const char *name), void *context)
{
    DIR *open = opendir(directory);
    if (!open) return -1;
    char **names = NULL;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(open));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        names = realloc(names, (count + 1) * sizeof *names);
        if (!names || !(names[count++] = strdup(entry->d_name))) abort();
    }
    closedir(open);
    if (count > 0) qsort(names, count, sizeof *names, in_natural_order);
    for (size_t i = 0; i < count; i++) {
        visit(context, names[i]);
        free(names[i]);
    }
    free(names);
    return 0;
}

struct listing {
    struct text *text;
    const char *prefix;
    int continued;
};

static void append_name(void *context, const char *name)
{
    struct listing *listing = context;
    if (strncmp(name, listing->prefix, strlen(listing->prefix)) != 0) return;
    if (listing->continued) append_bytes(listing->text, ",", 1);
    listing->continued = 1;
    append_json(listing->text, name, strlen(name));
}

int append_names(struct text *text, const char *directory, const char *prefix, int continued)
{
    struct listing listing = {text, prefix, continued};
    return each_name(directory, append_name, &listing);
}

int read_file(struct text *text, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    for (;;) {
        make_room(text, 65536);
        ssize_t count = read(file, text->bytes + text->length, 65536);
        if (count <= 0) {
            int failed = errno;
            close(file);
            errno = failed;
            return count < 0 ? -1 : 0;
        }
        text->length += (size_t)count;
    }
}
