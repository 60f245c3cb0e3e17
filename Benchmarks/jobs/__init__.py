# SPDX-License-Identifier: Apache-2.0
"""What is measured. A job is a function that yields rows; `--only` chooses jobs by their names."""
JOBS = {}


def job(name):
    def register(function):
        JOBS[name] = function
        return function
    return register


# In the order of the table.
from jobs import walks, world, writes, huge, engine, udev  # noqa: E402,F401 (they register themselves)
