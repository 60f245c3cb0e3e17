# SPDX-License-Identifier: Apache-2.0
"""What the command line may change."""
import os

repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
hotmem = os.environ.get("HOTMEM") or os.path.join(repository, ".build/release/hotmem")
short = False
# How long loads last that last, and how many operations a storm has.
seconds = 60.0
operations = 1_000_000
# How often a daemon is killed, if somebody says; and what chance begins with.
kills = None
seed = 1
