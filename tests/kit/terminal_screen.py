"""A terminal in memory: what a program wrote to it, as a person sees it. Its sequences are those of our live lines.

https://invisible-island.net/xterm/ctlseqs/ctlseqs.html: CUU (A), ED (J), EL (K), SGR (m), IND (D), DECSC
(7), DECRC (8). A letter in the last column leaves the cursor there, and the next one wraps, as xterm does.
"""

from __future__ import annotations

import re
import unicodedata

SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b([D78])|(.)", re.DOTALL)


class Screen:
    """So many columns and lines; what scrolls out at the top is kept."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.columns = columns
        self.lines = lines
        self.rows: list[list[str]] = [[] for _ in range(lines)]  # with what has scrolled out, oldest first
        self.row = 0  # the cursor's, of `rows`
        self.column = 0
        self._rest = ""
        self._saved = 0, 0  # rows from the top, column

    @property
    def text(self) -> list[str]:
        """All rows, with what has scrolled out; without empty ones at the end."""
        found = ["".join(row).rstrip() for row in self.rows]
        while found and not found[-1]:
            found.pop()
        return found

    def feed(self, text: str) -> None:
        """Show what was written; a sequence may come in two parts."""
        text = self._rest + text
        cut = text.rfind("\x1b")
        last = None if cut < 0 else SEQUENCE.match(text, cut)
        whole = last is None or last[4] is None
        self._rest = "" if whole else text[cut:]
        for found in SEQUENCE.finditer(text if whole else text[:cut]):
            if found[4] is not None:
                self._letter(found[4])
            elif found[3] is not None:
                self._cursor(found[3])
            elif found[2] is not None:
                self._sequence(found[1], found[2])

    def _letter(self, letter: str) -> None:
        if letter == "\n":
            self._down()
        elif letter == "\r":
            self.column = 0
        elif letter == "\b":
            self.column = max(0, min(self.column, self.columns - 1) - 1)
        elif letter >= " ":
            width = 2 if unicodedata.east_asian_width(letter) in "WF" else 1
            if self.column + width > self.columns:
                self._down()
                self.column = 0
            row = self.rows[self.row]
            row.extend(" " * (self.column + width - len(row)))
            row[self.column : self.column + width] = [letter, *[""] * (width - 1)]
            self.column += width

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def _cursor(self, kind: str) -> None:
        top = len(self.rows) - self.lines
        if kind == "D":
            self.column = min(self.column, self.columns - 1)
            self._down()
        elif kind == "7":
            self._saved = self.row - top, self.column
        else:
            self.row, self.column = top + self._saved[0], self._saved[1]

    def _sequence(self, given: str, kind: str) -> None:
        count = int(given) if given.isdigit() else 0
        top = len(self.rows) - self.lines
        if kind == "A":
            self.row, self.column = max(top, self.row - max(1, count)), min(self.column, self.columns - 1)
        elif kind in "JK" and count == 0:
            del self.rows[self.row][min(self.column, self.columns - 1) :]
            for row in self.rows[self.row + 1 :] if kind == "J" else ():
                row.clear()
        elif kind == "K" and count == 2:
            self.rows[self.row].clear()
        elif kind != "m" and not given.startswith("?"):
            raise ValueError(f"this terminal does not know the sequence ESC [ {given} {kind}")
