// SPDX-License-Identifier: Apache-2.0
// What can be seen of all memory at once, and the uevents.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MEMORY "/sys/devices/system/memory"
#define NODE "/sys/devices/system/node"

/// A file's text without the newline, or its errno as a negative number.
static void append_value(struct text *answer, const char *path)
{
    struct text value = {0};
    if (read_file(&value, path) != 0) {
        append(answer, "%d", -errno);
    } else {
        if (value.length > 0 && value.bytes[value.length - 1] == '\n') value.length--;
        append_json(answer, value.bytes, value.length);
    }
    free(value.bytes);
}

struct blocks {
    struct text *answer;
    int continued;
};

static void append_block(void *context, const char *name)
{
    static const char *const attributes[] = {"state", "valid_zones", "online", "removable"};
    struct blocks *blocks = context;
    size_t prefix = strlen("memory");
    if (strncmp(name, "memory", prefix) != 0) return;
    append(blocks->answer, "%s\"%s\":[", blocks->continued ? "," : "", name + prefix);
    blocks->continued = 1;
    char path[512];
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (i > 0) append(blocks->answer, ",");
        snprintf(path, sizeof path, MEMORY "/%s/%s", name, attributes[i]);
        append_value(blocks->answer, path);
    }
    snprintf(path, sizeof path, MEMORY "/%s", name);
    append_names(blocks->answer, path, "node", 1);
    append(blocks->answer, "]");
}

/// Start, span and present pages of each zone in /proc/zoneinfo.
static void append_zones(struct text *answer)
{
    struct text zoneinfo = {0};
    if (read_file(&zoneinfo, "/proc/zoneinfo") != 0) return;
    append_bytes(&zoneinfo, "Node", 5); // An end that is like a next zone's beginning.
    int node = -1, continued = 0;
    char zone[16] = "";
    unsigned long start = 0, spanned = 0, present = 0;
    char *rest = zoneinfo.bytes;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "Node", 4) == 0) {
            // Nobody's memory is in a Device zone; some kernels are made without one.
            if (node >= 0 && (strcmp(zone, "Device") != 0 || spanned > 0)) {
                append(answer, "%s\"%d/%s\":[%lu,%lu,%lu]", continued ? "," : "", node, zone, start, spanned, present);
                continued = 1;
            }
            start = spanned = present = 0;
            if (sscanf(line, "Node %d, zone %15s", &node, zone) != 2) break;
        } else if (sscanf(line, " start_pfn: %lu", &start) != 1 && sscanf(line, " spanned %lu", &spanned) != 1) {
            (void)sscanf(line, " present %lu", &present);
        }
    }
    free(zoneinfo.bytes);
}

void append_snapshot(struct text *answer)
{
    static const char *const masks[] = {"online", "has_memory", "has_normal_memory", "possible"};
    struct blocks blocks = {answer, 0};
    append(answer, "{\"blocks\":{");
    each_name(MEMORY, append_block, &blocks);
    append(answer, "},\"zones\":{");
    append_zones(answer);
    append(answer, "},\"nodes\":{");
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        char path[128];
        snprintf(path, sizeof path, NODE "/%s", masks[i]);
        append(answer, "%s\"%s\":", i > 0 ? "," : "", masks[i]);
        append_value(answer, path);
    }
    append(answer, "}}");
}

/// Whether the uevent is about memory, a node or a memory device.
static int concerns_memory(const char *first)
{
    return strstr(first, "/devices/system/memory") || strstr(first, "/devices/system/node") || strstr(first, "PNP0C80");
}

void append_uevents(struct text *answer, int uevents)
{
    static char message[65536];
    int continued = 0;
    append(answer, "{\"uevents\":[");
    for (ssize_t length; (length = recv(uevents, message, sizeof message - 1, 0)) != 0;) {
        if (length < 0) {
            // What was lost is not to look like silence.
            if (errno == ENOBUFS) {
                append(answer, "%s[\"lost\"]", continued ? "," : "");
                continued = 1;
                continue;
            }
            break;
        }
        message[length] = 0;
        if (!concerns_memory(message)) continue;
        append(answer, "%s[", continued ? "," : "");
        continued = 1;
        for (char *word = message; word < message + length; word += strlen(word) + 1) {
            if (strncmp(word, "SEQNUM=", 7) == 0 || *word == 0) continue;
            if (word != message) append(answer, ",");
            append_json(answer, word, strlen(word));
        }
        append(answer, "]");
    }
    append(answer, "]}");
}
