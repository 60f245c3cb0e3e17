# SPDX-License-Identifier: Apache-2.0
"""Rows of figures with goals, and the table that they make."""
from dataclasses import dataclass
from typing import Callable, Optional

HEADINGS = ["what", "figure", "ratio", "must", "aim", "met"]


def number(value):
    """Three digits that matter, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def duration(seconds):
    for unit, size in [("s", 1), ("ms", 1e-3), ("us", 1e-6)]:
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds / 1e-9)} ns"


def rate(per_second):
    return f"{number(per_second / 1e6)} M/s"


def mebibytes(value):
    return f"{number(value)} MiB"


def times(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


@dataclass(frozen=True)
class Goal:
    """What a value must not exceed, and what it should not; or must and should reach, where larger is better."""
    must: float
    aim: float
    show: Callable[[float], str] = number
    larger: bool = False

    def met(self, value):
        sign = -1 if self.larger else 1
        if sign * value <= sign * self.aim:
            return "yes"
        return "must" if sign * value <= sign * self.must else "no"


@dataclass(frozen=True)
class Row:
    what: str
    figure: str
    ratio: str = ""
    goal: Optional[Goal] = None
    met: str = ""
    # What does not fit into a table.
    note: str = ""

    @classmethod
    def of(cls, what, value, show, goal=None, note=""):
        """A figure, which the goal, if any, is about."""
        return cls(what, show(value), "", goal, goal.met(value) if goal else "", note)

    @classmethod
    def of_ratio(cls, what, figure, ratio, goal=None):
        """A ratio, which the goal is about, and the figure behind it."""
        if ratio is None:
            return cls(what, figure, "", goal, "-" if goal else "")
        return cls(what, figure, times(ratio), goal, goal.met(ratio) if goal else "")

    @classmethod
    def absent(cls, what, why, goal=None):
        """What could not be measured, and why."""
        return cls(what, why, "", goal, "-" if goal else "")

    def cells(self):
        goal = self.goal
        return [self.what, self.figure, self.ratio, goal.show(goal.must) if goal else "",
                goal.show(goal.aim) if goal else "", self.met]


def markdown(rows):
    """The rows as Markdown, in columns, so that it can be read as it is, and what is noted of them."""
    lines = [HEADINGS] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([text[0], rule, *text[1:], *([""] if notes else []), *notes, ""])
