# SPDX-License-Identifier: Apache-2.0
"""Extended attributes: sysfs has none that a user can set, and lists none."""
import os
from check import *

STATE = f"{MEMORY}/memory32/state"


def test_setting():
    fails("ENOTSUP", os.setxattr, STATE, "user.a", b"b")


def test_listing():
    equal(os.listxattr(STATE), [])
    equal(os.listxattr(MEMORY), [])


main()
