# SPDX-License-Identifier: Apache-2.0
"""The engine without files: `Benchmarks/Benchmarks/Engine`, run by the package `benchmark`, whose results are read."""
import glob, os, statistics, subprocess, sys, tempfile

from harness import goals, processes, progress, settings
from harness.table import Row, duration, rate
from jobs import job

# What a benchmark is called in the table, how its result is shown, with the number of items it is about, its goal, and
# the number that it is held to, to see how the cost grows.
ROWS = {
    "order-0 pages allocated and freed":
        ("order-0 pages allocated and freed, pairs a second", "rate", 20_000, goals.PAIRS, 200_000),
    "pages migrated by offline":
        ("offline of a block with {:,} movable pages", "all", 32_768, goals.MIGRATION, 327_680),
    "blocks probed and brought online":
        ("{:,} blocks probed and brought online", "all", 100_000, goals.HOT_ADD, 1_000_000),
    "empty blocks brought online and offline":
        ("an empty block brought online and offline", "each", 1000, None, 10_000),
    "blocks booted":
        ("boot of {:,} blocks", "all", 524_288, None, 52_429),
}


PACKAGE = ["swift", "package", "--quiet", "--package-path", os.path.join(settings.repository, "Benchmarks"),
           "--scratch-path", os.path.join(settings.repository, ".build/benchmarks")]


def median(name, items):
    """The seconds of one benchmark; None where it takes too long.

    One at a time, so that the time limit is each one's own."""
    progress.say(f"    {name} {items}")
    with tempfile.TemporaryDirectory(prefix="hotmem-bench-") as directory:
        try:
            processes.run([*PACKAGE, "--allow-writing-to-directory", directory, "benchmark", "--target", "Engine", "--quiet",
                           "--no-progress", "--filter", f"{name} {items}", "--format", "histogramSamples",
                           "--path", directory], limit=settings.limit, stdout=sys.stderr)
        except subprocess.TimeoutExpired:
            return None
        # A heading, and nanoseconds.
        file, = glob.glob(os.path.join(directory, "**/*.samples.tsv"), recursive=True)
        with open(file) as text:
            return statistics.median(int(line) / 1e9 for line in list(text)[1:])


@job("engine")
def engine():
    # Building is not to count.
    processes.run([*PACKAGE, "benchmark", "list"], stdout=sys.stderr)
    for name, (what, shown, items, goal, others) in ROWS.items():
        took = {count: median(name, count) for count in (items, others)}
        what = f"engine: {what.format(items)}"
        if took[items]:
            value, show = {"rate": (items / took[items], rate), "all": (took[items], duration),
                           "each": (took[items] / items, duration)}[shown]
            yield Row.of(what, value, show, goal)
        else:
            yield Row.absent(what, f"over {settings.limit} s", goal)
        fewer, more = sorted(took)
        growth = f"growth: {name}, each, {more:,} against {fewer:,}"
        if took[more] and took[fewer]:
            yield Row.of_ratio(growth, duration(took[more] / more), took[more] / more / (took[fewer] / fewer), goals.GROWTH)
        else:
            yield Row.absent(growth, f"over {settings.limit} s", goals.GROWTH)
