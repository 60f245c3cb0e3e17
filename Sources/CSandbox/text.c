// SPDX-License-Identifier: Apache-2.0
//
// Text on the stack: snprintf is not async-signal-safe.

#include <string.h>

#include "world.h"

bool text_append(char *text, size_t size, const char *more) {
    size_t used = strlen(text);
    size_t wanted = strlen(more);
    size_t room = size - used - 1;
    size_t count = wanted < room ? wanted : room;
    memcpy(text + used, more, count);
    text[used + count] = '\0';
    return count == wanted;
}

bool text_append_number(char *text, size_t size, unsigned number) {
    char digits[16];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return text_append(text, size, digits + at);
}

bool text_lies_under(const char *path, const char *parent) {
    size_t length = strlen(parent);
    if (strncmp(path, parent, length) != 0) {
        return false;
    }
    return path[length] == '\0' || path[length] == '/' || (length > 0 && parent[length - 1] == '/');
}
