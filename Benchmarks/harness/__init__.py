# SPDX-License-Identifier: Apache-2.0
"""What measuring takes: mounts that do not stay, commands timed in turn, requests counted, one table."""
