// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_HELPER_H
#define CLINUX_HELPER_H

#include "CLinuxPrivileges.h"

// Where the channel to the process that started it is, in a helper.
enum { CLINUX_CHANNEL = 3 };

// Starts a process beside this one, with a socket of a type (SOCK_STREAM, ...) to it. Returns that socket here; and -2 in the
// helper, which has nothing else open, hears no signals, and is called by its name in lists of processes. -1 and errno on failure.
int clinux_start_helper(int type, const char *name);

// Keeps these capabilities and no others (clinux_give_up_privileges()) and is confined (clinux_confine()) where a kernel has
// filters; who `gains` privileges by starting setuid programs cannot be. -1 where it is not to go on.
int clinux_give_up_all_but(uint64_t kept, int gains, enum clinux_confinement whose);

#endif
