# SPDX-License-Identifier: Apache-2.0
"""What the command line may change."""
import os

# The program that is measured, and the repository that it is of.
repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
hotmem = os.environ.get("HOTMEM") or os.path.join(repository, ".build/release/hotmem")
# How often what takes milliseconds is done.
runs = 15
# What may take minutes is given up after so many seconds.
limit = 600
