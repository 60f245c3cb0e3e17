# SPDX-License-Identifier: Apache-2.0
"""What is stood. A load is a function in a file of its own that yields rows; `--only` chooses loads by their names."""
LOADS = {}


def load(name):
    def register(function):
        LOADS[name] = function
        return function
    return register


# In the order of the table.
from loads import fuzz, storm, written, hostile, archives, shells, descriptors, memory, kills, full_disk  # noqa: E402,F401
