# SPDX-License-Identifier: Apache-2.0
"""Rows of what was stood, and the table that they make."""
from dataclasses import dataclass

HEADINGS = ["load", "how much", "outcome", "lost"]


@dataclass(frozen=True)
class Row:
    load: str
    much: str
    outcome: str
    # What was wrong, gone or left behind: how many; 0 is what there is to be.
    lost: str

    @classmethod
    def of(cls, load, much, problems, outcome):
        """A row with its problems, of which the first is shown."""
        problems = list(problems)
        return cls(load, much, (f"{problems[0]}" if problems else outcome).replace("\n", " ").replace("|", "/")[:400],
                   str(len(problems)))


def markdown(rows):
    lines = [HEADINGS] + [[row.load, row.much, row.outcome, row.lost] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    return "\n".join([text[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *text[1:], ""])
