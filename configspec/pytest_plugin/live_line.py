"""A line below what pytest writes, rewritten in place and gone before pytest goes on.

    row r       what pytest has written, perhaps half a line of dots; the cursor is behind it
    row r + 1   the live line, drawn by going down and coming back

Whatever else writes to the terminal goes on at the cursor, so all that has to be done before is to erase what is below
it. The line is there only while pytest captures what tests write, or waits for workers: never while somebody else may
write. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

ERASE_BELOW, ERASE_REST = "\x1b[J", "\x1b[K"  # ED and EL, from the cursor on
MAKE_ROOM = "\x1bD\x1b[A"  # IND and CUU, down and up in one column: the terminal scrolls now, if it has to
SAVE, RESTORE = "\x1b7", "\x1b8"  # DECSC and DECRC, of the cursor


class LiveLine:
    """The line of one terminal; it may be drawn by any thread.

    Args:
        write: Writes a text to the terminal at once, wherever standard output goes meanwhile.
        size: Columns and lines of the terminal now.
        column: How many columns pytest has written in its line, which may be longer than the terminal is wide.
        text: The line, for so many columns; it may hold colours, and fits.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        size: Callable[[], tuple[int, int]],
        column: Callable[[], int],
        text: Callable[[int], str],
    ) -> None:
        self._write = write
        self._size = size
        self._column = column
        self._text = text
        self._lock = threading.RLock()  # a signal's handler may run within
        self._may_show = False
        self._is_shown = False

    def show(self) -> None:
        """From now on nobody else writes: the line may be drawn, and is."""
        with self._lock:
            self._may_show = True
            self.draw()

    def hide(self) -> None:
        """From now on somebody else writes, at the cursor."""
        with self._lock:
            self._may_show = False
            self.erase()

    def draw(self) -> None:
        """Write it as it is now, where it may be seen."""
        with self._lock:
            columns, lines = self._size()
            column = self._column()
            # Behind a row that is full the cursor waits to wrap, and would forget that it does.
            if not self._may_show or lines < 2 or columns < 2 or (column and column % columns == 0):
                return
            self._is_shown = True
            self._write(f"{MAKE_ROOM}{SAVE}\r\n{self._text(columns)}{ERASE_REST}{RESTORE}")

    def erase(self) -> None:
        """Take it away; `draw` brings it back."""
        with self._lock:
            if self._is_shown:
                self._is_shown = False
                self._write(ERASE_BELOW)

    def before(self, write: Callable[[], None]) -> None:
        """Take it away, and let somebody write while no other thread draws it."""
        with self._lock:
            self.erase()
            write()


def terminal_writer(descriptor: int, encoding: str) -> Callable[[str], None]:
    """Writes to a terminal by its descriptor, which stays the terminal's while tests are captured.

    A terminal that is gone, or takes nothing now, is no reason to end a run.
    """

    def write(text: str) -> None:
        with suppress(OSError):
            os.write(descriptor, text.encode(encoding, "replace"))

    return write
