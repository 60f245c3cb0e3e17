// SPDX-License-Identifier: Apache-2.0
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <stdarg.h>
#include <stdio.h>

// fuse_session_new is a plain function in some libfuse releases and a macro in others; Swift sees no macros.
static inline struct fuse_session *cfuse3_session_new(
    struct fuse_args *args, const struct fuse_lowlevel_ops *ops, void *userdata) {
    return fuse_session_new(args, ops, sizeof(*ops), userdata);
}

// A field named `init` is easier to set from C than from Swift.
static inline void cfuse3_set_init(
    struct fuse_lowlevel_ops *ops, void (*init)(void *userdata, struct fuse_conn_info *connection)) {
    ops->init = init;
}

// libfuse logs with a va_list, which Swift cannot take on every architecture: format here, hand over text.
// Each Swift file that uses this gets its own copy of the sink, so only one may call cfuse3_set_log_sink. The sink is
// a function's static because Swift does not emit a header's static variables.
typedef void (*cfuse3_log_sink)(int level, const char *message);

static inline cfuse3_log_sink *cfuse3_current_sink(void) {
    static cfuse3_log_sink sink;
    return &sink;
}

static inline void cfuse3_log(enum fuse_log_level level, const char *format, va_list arguments) {
    char text[1024];
    vsnprintf(text, sizeof(text), format, arguments);
    (*cfuse3_current_sink())((int)level, text);
}

static inline void cfuse3_set_log_sink(cfuse3_log_sink sink) {
    *cfuse3_current_sink() = sink;
    fuse_set_log_func(cfuse3_log);
}
