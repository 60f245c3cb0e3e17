# SPDX-License-Identifier: Apache-2.0
"""Reads a whole mounted tree on demand, as another process than the one that writes: `tree-reader.py ROOT REQUESTS ANSWERS`.

Requests are lines: `walk`, with the files after it that are not to be read, reads everything afresh; `keep` opens everything, and
`again` reads from those descriptors, and has the status of all but those whose numbers follow; `candidates` is followed by paths that may come to be. An answer is lines, and an empty one.
After `cached`, for a tree whose files are as long as their texts and are opened without asking, sizes of files are left out, and
whether a file was refused when it was opened or when it was read.
"""
import errno
import os
import re
import resource
import stat
import sys

TYPES = {stat.S_IFDIR: "d", stat.S_IFREG: "f", stat.S_IFLNK: "l"}
EVENTS = "/sys/kernel/debug/hotmem/events"


def escaped(path, text):
    if path == EVENTS:
        text = re.sub(rb"(?m)^(\d+) \S+", rb"\1 T", text)
    return text.decode("latin-1").encode("unicode_escape").decode("ascii")


def whole(descriptor):
    """A file's text, from its start to where read(2) gives nothing more."""
    text = b""
    while piece := os.pread(descriptor, 1 << 17, len(text)):
        text += piece
    return text


def kind(entry):
    """What readdir(3) says it is, without asking further."""
    if entry.is_symlink():
        return "l"
    return "d" if entry.is_dir(follow_symlinks=False) else "f" if entry.is_file(follow_symlinks=False) else "?"


class Reader:
    def __init__(self, root):
        self.root = root
        self.is_cached = False
        # What is or was there, or may be, in the order in which it was heard of.
        self.known = {}
        self.present = set()
        self.kept = []

    def walk(self, skipped):
        lines = []
        self.present = {""}
        top = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.directory("", top, os.fstat(top), lines, skipped)
        finally:
            os.close(top)
        for path in self.known:
            if path not in self.present and os.path.dirname(path) in self.present:
                lines.append(f"{path} {self.absence(path)}")
        return lines

    def absence(self, path):
        try:
            os.lstat(self.root + path)
            return "is there, and is not listed"
        except OSError as error:
            return f"absent !{error.errno}"

    def told(self, path, status, rest):
        size = "-" if self.is_cached and stat.S_ISREG(status.st_mode) else status.st_size
        return (f"{path} ino={status.st_ino} mode={status.st_mode:o} links={status.st_nlink} "
                f"owner={status.st_uid}:{status.st_gid} size={size} {rest}")

    def directory(self, path, descriptor, status, lines, skipped):
        entries = []
        try:
            with os.scandir(descriptor) as found:
                entries = [(entry.name, kind(entry), entry.inode()) for entry in found]
            rest = " ".join(f"{name}:{type}:{inode}" for name, type, inode in entries)
        except OSError as error:
            rest = f"!{error.errno}"
        lines.append(self.told(path or "/", status, rest))
        for name, _, _ in entries:
            child = f"{path}/{name}"
            self.present.add(child)
            self.known.setdefault(child)
            try:
                status = os.lstat(name, dir_fd=descriptor)
            except OSError as error:
                lines.append(f"{child} listed, and !{error.errno}")
                continue
            if stat.S_ISDIR(status.st_mode):
                try:
                    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                except OSError as error:
                    lines.append(self.told(child, status, f"open !{error.errno}"))
                    continue
                try:
                    self.directory(child, inner, status, lines, skipped)
                finally:
                    os.close(inner)
            elif stat.S_ISLNK(status.st_mode):
                lines.append(self.told(child, status, os.readlink(name, dir_fd=descriptor)))
            else:
                rest = "not read" if child in skipped else self.text(child, name, descriptor)
                lines.append(self.told(child, status, rest))

    def text(self, path, name, directory):
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)
        except OSError as error:
            return f"!{error.errno}" if self.is_cached else f"open !{error.errno}"
        try:
            return escaped(path, whole(descriptor))
        except OSError as error:
            return f"!{error.errno}"
        finally:
            os.close(descriptor)

    def keep(self):
        for _, descriptor, _ in self.kept:
            os.close(descriptor)
        self.kept = []
        self.open_all("")
        return [str(len(self.kept))]

    def open_all(self, path):
        descriptor = os.open(self.root + path, os.O_RDONLY | os.O_DIRECTORY)
        self.kept.append((path or "/", descriptor, True))
        with os.scandir(descriptor) as found:
            entries = [(f"{path}/{entry.name}", kind(entry)) for entry in found]
        for child, type in entries:
            if type == "d":
                self.open_all(child)
            elif type == "f":
                try:
                    file = os.open(self.root + child, os.O_RDONLY)
                except PermissionError:
                    continue
                if not self.is_cached or self.is_readable(file):
                    self.kept.append((child, file, False))

    def is_readable(self, descriptor):
        """Whether it was rightly opened; if not, it is closed."""
        try:
            os.pread(descriptor, 1, 0)
        except PermissionError:
            os.close(descriptor)
            return False
        except OSError:
            pass
        return True

    def again(self, skipped):
        lines = []
        for number, (path, descriptor, is_directory) in enumerate(self.kept):
            if str(number) not in skipped:
                lines.append(self.told(path, os.fstat(descriptor), "kept"))
            if path in skipped:
                continue
            try:
                rest = " ".join(os.listdir(descriptor)) if is_directory else escaped(path, whole(descriptor))
            except OSError as error:
                rest = f"!{error.errno}"
            lines.append(f"{path} {rest}")
        return lines

    def answer(self, words):
        if words[0] == "walk":
            return self.walk(set(words[1:]))
        if words[0] == "again":
            return self.again(set(words[1:]))
        if words[0] == "keep":
            return self.keep()
        if words[0] == "candidates":
            self.known.update(dict.fromkeys(words[1:]))
        if words[0] == "cached":
            self.is_cached = True
        return []


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    root, requests, answers = sys.argv[1:]
    reader = Reader(root)
    with open(requests) as asked, open(answers, "w") as answered:
        for line in asked:
            for told in reader.answer(line.split()):
                answered.write(told + "\n")
            answered.write("\n")
            answered.flush()


main()
