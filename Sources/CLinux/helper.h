// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_HELPER_H
#define CLINUX_HELPER_H

// Where the channel to the process that started it is, in a helper.
enum { CLINUX_CHANNEL = 3 };

// Starts a process beside this one, with a socket of a type (SOCK_STREAM, ...) to it. Returns that socket here; and -2 in the
// helper, which has nothing else open, hears no signals, and is called by its name in lists of processes. -1 and errno on failure.
int clinux_start_helper(int type, const char *name);

#endif
