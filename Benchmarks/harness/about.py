# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""
import os, platform, re, subprocess, time

from harness import settings


def field(file, pattern):
    try:
        with open(file) as text:
            found = re.search(pattern, text.read(), re.MULTILINE)
            return found[1] if found else None
    except OSError:
        return None


def said(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=settings.repository).stdout.strip() or None
    except OSError:
        return None


def description():
    """The machine, in lines of Markdown."""
    processor = field("/proc/cpuinfo", r"^model name\s*: (.*)") or platform.machine()
    memory = int(field("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0) / (1 << 20)
    fuse = re.search(r"[\d.]+$", said(["fusermount3", "--version"]) or "")
    commit = said(["git", "describe", "--always", "--dirty"])
    facts = {
        "Processor": f"{processor}, {os.cpu_count()} of them",
        "Kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Memory": f"{memory:.1f} GiB",
        "Distribution": field("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)') or "unknown",
        "libfuse": fuse[0] if fuse else "unknown",
        "hotmem": f"{said([settings.hotmem, '--version'])}" + (f", commit {commit}" if commit else ""),
        "Measured": f"{time.strftime('%F', time.gmtime())}, load {os.getloadavg()[0]:.1f} at the beginning, "
                    f"medians of {settings.runs} runs",
    }
    return "".join(f"- {name}: {fact}\n" for name, fact in facts.items())
