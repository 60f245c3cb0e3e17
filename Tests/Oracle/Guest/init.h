// SPDX-License-Identifier: Apache-2.0
#ifndef ORACLE_INIT_H
#define ORACLE_INIT_H

#include <stddef.h>

/// Text that grows.
struct text {
    char *bytes;
    size_t length, room;
};

void append(struct text *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void append_bytes(struct text *, const char *bytes, size_t length);
/// Appends a JSON string: every byte is a character of its own, U+0000 to U+00FF.
void append_json(struct text *, const char *bytes, size_t length);

/// Replaces \xHH by the byte, in place; returns the new length.
size_t unescape(char *bytes, size_t length);

/// Appends the names in a directory, as a JSON list in natural order (memory2 before memory10); those that begin with
/// `prefix` only, each after a comma if `continued`. Returns -1, and errno, if it cannot be read.
int append_names(struct text *, const char *directory, const char *prefix, int continued);

/// Calls `visit` with each name in the directory, in natural order.
int each_name(const char *directory, void (*visit)(void *context, const char *name), void *context);

/// Reads a file to its end; -1, and errno, if that fails.
int read_file(struct text *, const char *path);

/// Does an operation and appends the answer, a JSON object.
void answer_operation(struct text *, char *operation, size_t length, int uevents);

/// Appends what a `B` answers.
void append_snapshot(struct text *);

/// Appends the uevents that wait in the socket, as a `U` answers them.
void append_uevents(struct text *, int uevents);

#endif
