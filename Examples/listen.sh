#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Uevents arrive as the kernel's own: listen.py is an agent that brings added memory online.
set -eu
exec python3 "$(dirname "$0")/listen.py"
