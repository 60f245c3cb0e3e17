# SPDX-License-Identifier: Apache-2.0
"""Looking at trees."""
import errno, hashlib, os, stat

# Live counters, and what tells of the writes themselves.
LIVE = {"events", "vmstat", "numastat", "notifiers", "migration"}


def files(place):
    """All plain files below, links not followed."""
    for directory, _, names in os.walk(place):
        for name in sorted(names):
            path = os.path.join(directory, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def read(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        text = b""
        while piece := os.read(descriptor, 1 << 16):
            text += piece
        return text
    finally:
        os.close(descriptor)


def write(path, text):
    """0, or the errno of the write."""
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except OSError as error:
        return error.errno
    try:
        os.write(descriptor, text)
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(descriptor)


def digest(place):
    """A number that stands for everything that the tree says."""
    whole = hashlib.sha256()
    for path in files(place):
        if os.path.basename(path) in LIVE:
            continue
        whole.update(path.encode() + b"\0")
        try:
            whole.update(read(path))
        except OSError as error:
            whole.update(errno.errorcode[error.errno].encode())
    return whole.hexdigest()
