#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what users wait for, holds it to the goals, and prints one table. Not a test: a goal that is missed fails
nothing, only what cannot be measured does.

Figures are medians; ratios are medians of ratios to the same thing done by the host's own sysfs in turn, or to a machine of
another size. The table is Markdown; progress is on standard error."""
import argparse, os, re, signal, sys

# Nothing is left in the repository.
sys.dont_write_bytecode = True

from harness import about, progress, settings, table  # noqa: E402
from jobs import JOBS  # noqa: E402

LEGEND = """\
met: yes, the aim is; must, only what must be is; no, neither; -, not measured. Growth is what one costs among many against what it
costs among a tenth of them: linear is 1.0, and a tenth more passes for noise.
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN", help="do jobs whose names match a regular expression")
    parser.add_argument("--list", action="store_true", help="print the jobs' names")
    parser.add_argument("--runs", type=int, default=os.environ.get("RUNS") or settings.runs,
                        help="how often to do what takes milliseconds (or $RUNS; %(default)s)")
    parser.add_argument("--limit", type=int, metavar="SECONDS", default=settings.limit,
                        help="when to give up what may take minutes (%(default)s)")
    parser.add_argument("--out", metavar="FILE", help="write the table to a file, too")
    parser.add_argument("--hotmem", metavar="PROGRAM", default=settings.hotmem,
                        help="what to measure (or $HOTMEM; %(default)s)")
    return parser.parse_args()


def measure(names):
    """The rows, and whether all could be measured."""
    rows, complete = [], True
    for name in names:
        progress.say(name)
        try:
            for row in JOBS[name]():
                progress.say(f"    {row.what}: {' '.join(filter(None, [row.figure, row.ratio]))}")
                rows.append(row)
        # A job's failure is not to cost the others' figures.
        except Exception as error:
            progress.say(f"    failed: {error!r}")
            rows.append(table.Row(name, "failed", note=str(error)))
            complete = False
        except KeyboardInterrupt:
            progress.say("    interrupted")
            return rows, False
    return rows, complete


def main():
    given = arguments()
    names = [name for name in JOBS if re.search(given.only or "", name)]
    if given.list:
        return print("\n".join(names))
    if not names:
        sys.exit(f"no job's name matches {given.only}; see --list")
    settings.runs, settings.limit, settings.hotmem = max(1, given.runs), given.limit, os.path.abspath(given.hotmem)
    # So that what is mounted is unmounted, whoever ends us, and however often.
    endings = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    def interrupt(*_):
        for number in endings:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in endings:
        signal.signal(number, interrupt)
    head = about.description()
    rows, complete = measure(names)
    text = f"{head}\n{table.markdown(rows)}\n{LEGEND}"
    print(text, end="")
    if given.out:
        with open(given.out, "w") as file:
            file.write(text)
    progress.say("done" if complete else "not all was measured")
    sys.exit(0 if complete else 1)


if __name__ == "__main__":
    main()
