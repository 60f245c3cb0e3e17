# SPDX-License-Identifier: Apache-2.0
"""What hotmem must reach, and what it aims at."""
from harness.table import Goal, duration, mebibytes, number, rate, times


def ratio(must, aim):
    return Goal(must, aim, lambda value: f"{times(value)}")


# By mode: exact, cached.
LSMEM = {"exact": ratio(4.0, 2.5), "cached": ratio(2.0, 1.1)}
WALK = {"exact": ratio(5.0, 3.0), "cached": ratio(3.0, 1.5)}
REQUESTS = {"exact": Goal(13, 9), "cached": Goal(5, 0)}

WORLD = Goal(0.1, 0.04, duration)
WRITE = Goal(300e-6, 100e-6, duration)
UEVENTS = Goal(0.05, 0.02, duration)
IDLE = Goal(0, 0)

HUGE_MOUNT = Goal(1.0, 0.3, duration)
HUGE_MEMORY = Goal(200, 80, mebibytes)
HUGE_LSMEM = ratio(1.5, 1.0)

PAIRS = Goal(10e6, 30e6, rate, larger=True)
MIGRATION = Goal(5e-3, 1e-3, duration)
HOT_ADD = Goal(1.0, 0.2, duration)

# What ten times as many cost, each, against one times as many. Linear is 1.0; a tenth more is noise, and caches that
# are too small for ten times as much.
GROWTH = ratio(1.1, 1.1)
