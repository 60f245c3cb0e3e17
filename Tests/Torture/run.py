#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds hotmem under loads, gives it what is broken, and takes away what it needs; prints one table of what it stood.

A load is a function in loads/ that yields rows. What is lost fails: a wrong answer, a daemon that is gone, a file left behind. The table is
Markdown; progress is on standard error."""
import argparse, os, re, signal, sys

# Nothing is left in the repository.
sys.dont_write_bytecode = True

from support import progress, settings, table  # noqa: E402
from loads import LOADS  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN", help="hold loads whose names match a regular expression")
    parser.add_argument("--list", action="store_true", help="print the loads' names")
    parser.add_argument("--short", action="store_true", help="as long as continuous integration has time for")
    parser.add_argument("--seconds", type=float, help="how long loads last that last (60, or 5 if short)")
    parser.add_argument("--kills", type=int, help="how often daemons are killed (500, or 40 if short)")
    parser.add_argument("--seed", type=int, default=1, help="what the moments of kills begin with (%(default)s)")
    parser.add_argument("--operations", type=int, help="how many a storm has (1,000,000)")
    parser.add_argument("--out", metavar="FILE", help="write the table to a file, too")
    parser.add_argument("--hotmem", metavar="PROGRAM", default=settings.hotmem, help="what is tortured (%(default)s)")
    return parser.parse_args()


def hold(names):
    rows = []
    for name in names:
        progress.say(name)
        try:
            for row in LOADS[name]():
                progress.say(f"    {row.load}: {row.much}: {row.outcome}")
                rows.append(row)
        # One load's failure is not to keep others from being held.
        except Exception as error:
            progress.say(f"    failed: {error!r}")
            rows.append(table.Row(name, "", f"failed: {error}".replace("\n", " ")[:300], "?"))
        except KeyboardInterrupt:
            rows.append(table.Row(name, "", "interrupted", "?"))
            break
    return rows


def main():
    given = arguments()
    names = [name for name in LOADS if re.search(given.only or "", name)]
    if given.list:
        return print("\n".join(names))
    if not names:
        sys.exit(f"no load's name matches {given.only}; see --list")
    settings.hotmem = os.path.abspath(given.hotmem)
    settings.short = given.short
    settings.seconds = given.seconds or (5 if given.short else 60)
    settings.kills, settings.seed = given.kills, given.seed
    settings.operations = given.operations or 1_000_000

    def interrupt(*_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    rows = hold(names)
    text = table.markdown(rows)
    print(text, end="")
    if given.out:
        with open(given.out, "w") as file:
            file.write(text)
    lost = [row for row in rows if row.lost != "0"]
    progress.say("something was lost" if lost else "nothing was lost")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
