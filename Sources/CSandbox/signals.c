// SPDX-License-Identifier: Apache-2.0
//
// Signals on P's side.

#define _GNU_SOURCE
#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "world.h"

static csandbox_signals one(int signal) {
    return (csandbox_signals)1 << (signal - 1);
}

void signals_expand(csandbox_signals signals, sigset_t *set) {
    sigemptyset(set);
    for (int signal = 1; signal <= 64 && signal < NSIG; signal++) {
        if ((signals & one(signal)) != 0) {
            sigaddset(set, signal);
        }
    }
}

csandbox_signals csandbox_blocked_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    csandbox_signals signals = 0;
    for (int signal = 1; signal <= 64 && signal < NSIG; signal++) {
        if (sigismember(&set, signal) == 1) {
            signals |= one(signal);
        }
    }
    return signals;
}

csandbox_signals csandbox_ignored_signals(void) {
    csandbox_signals signals = 0;
    for (int signal = 1; signal <= 64 && signal < NSIG; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
            signals |= one(signal);
        }
    }
    return signals;
}

csandbox_signals csandbox_forwarded_signals(void) {
    // Left out: what means a fault of this very process, SIGCHLD, SIGPIPE, timers of profilers, and what stops, so that
    // ^Z stops P as it stops the command.
    csandbox_signals signals = one(SIGHUP) | one(SIGINT) | one(SIGQUIT) | one(SIGUSR1) | one(SIGUSR2) | one(SIGALRM) |
                               one(SIGTERM) | one(SIGCONT) | one(SIGWINCH) | one(SIGIO) | one(SIGPWR);
    for (int signal = SIGRTMIN; signal <= SIGRTMAX && signal <= 64; signal++) {
        signals |= one(signal);
    }
    return signals;
}

void csandbox_block(csandbox_signals signals) {
    sigset_t set;
    signals_expand(signals, &set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int csandbox_signal_descriptor(csandbox_signals signals) {
    sigset_t set;
    signals_expand(signals, &set);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int csandbox_next_signal(int descriptor, bool *typed) {
    struct signalfd_siginfo information;
    if (read(descriptor, &information, sizeof information) != sizeof information) {
        return 0;
    }
    *typed = information.ssi_code == SI_KERNEL;
    return (int)information.ssi_signo;
}
