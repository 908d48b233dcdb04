"""The ways to a meter: lines that are new, programs that end in time, ports that are gone."""

from __future__ import annotations

import errno
import os
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.power.channels.lines import LINE_BYTES, FreshLines, open_lines
from configspec.agent.power.channels.programs import OUTPUT_BYTES, Output, run_program
from configspec.agent.power.channels.serial_port import open_port

PERIOD_S, PAUSE_S = 0.2, 0.5


class Printing:
    """A program that prints the time at moments that are given; the clock goes on while it is waited for."""

    def __init__(self, printed: Sequence[float]) -> None:
        self.clock_s = 0.0
        self.left = list(printed)
        self.closed = False

    def now_s(self) -> float:
        """The present time."""
        return self.clock_s

    def next_line(self, timeout_s: float) -> str:
        """The next line, waited for."""
        if not self.left:
            raise OSError(errno.EPIPE, "it has ended")
        if self.left[0] > self.clock_s + timeout_s:
            self.clock_s += timeout_s
            raise OSError(errno.ETIMEDOUT, f"no line within {timeout_s:g} s")
        self.clock_s = max(self.clock_s, self.left[0])
        return repr(self.left.pop(0))

    def close(self) -> None:
        """End it."""
        self.closed = True


def printing(lines: int = 200) -> tuple[Printing, FreshLines]:
    """A program, and its lines as far as they are new."""
    program = Printing([PERIOD_S * number for number in range(1, lines + 1)])
    return program, FreshLines(program, program.now_s, PAUSE_S)


def test_lines_that_are_read_as_they_come_are_all_there():
    """Each with the moment of its arrival."""
    _, lines = printing()
    assert [lines.next_line(1.0) for _ in range(5)] == [(PERIOD_S * n, repr(PERIOD_S * n)) for n in range(1, 6)]


def test_a_reader_that_is_a_little_late_loses_no_line():
    """Up to the pause that is allowed, lines wait."""
    program, lines = printing()
    lines.next_line(1.0)
    program.clock_s += PAUSE_S
    assert [float(lines.next_line(1.0)[1]) for _ in range(2)] == pytest.approx([2 * PERIOD_S, 3 * PERIOD_S])


@given(st.lists(st.floats(0, 30) | st.floats(0, 2 * PAUSE_S), max_size=30))
def test_no_line_is_taken_that_waited_for_longer_than_a_pause(pauses: list[float]):
    """However seldom it is read, and however often a little late; after a pause it is a line printed since."""
    program, lines = printing(6000)
    for pause_s in pauses:
        program.clock_s += pause_s
        begin_s = program.clock_s
        t_s, line = lines.next_line(1.0)
        assert t_s == program.clock_s
        assert float(line) >= (begin_s if pause_s > PAUSE_S else begin_s - PAUSE_S) - 1e-9


def test_a_line_that_a_full_pipe_held_back_is_dropped_too():
    """It comes as soon as the pipe is read, and is as old as the others."""
    program, lines = printing(1)
    program.left = [0.1, 0.2, 8.0 + 1e-6, 8.2]  # the third was to be printed when the pipe was full
    program.clock_s = 8.0
    assert lines.next_line(1.0) == (8.2, "8.2")


def test_after_a_pause_the_whole_wait_is_no_longer_than_was_asked():
    """A program that prints too seldom fails in time."""
    program = Printing([1.0, 10.4, 11.1])
    lines = FreshLines(program, program.now_s, PAUSE_S)
    program.clock_s = 10.0
    with pytest.raises(OSError, match=r"no line within 0\.6"):
        lines.next_line(1.0)
    assert program.clock_s == pytest.approx(11.0)


def test_a_program_that_ended_in_a_pause_is_told():
    """Its last lines are old, and no new one comes."""
    program, lines = printing(3)
    program.clock_s = 10.0
    with pytest.raises(OSError, match="it has ended"):
        lines.next_line(1.0)


def test_closing_the_lines_ends_the_program():
    """As the stream's own `close` does."""
    program, lines = printing()
    lines.close()
    assert program.closed


real = pytest.mark.real


def python(body: str) -> list[str]:
    """A program of Python."""
    return [sys.executable, "-c", body]


@real
def test_a_programs_lines_come_one_after_another():
    """With any line end, in any letters, and no line that is not whole."""
    lines = open_lines(["printf", "a\\r\\nb\\n\\377\\nrest"])
    assert [lines.next_line(5) for _ in range(3)] == ["a", "b", "\ufffd"]
    with pytest.raises(OSError, match="printf has ended"):
        lines.next_line(5)
    lines.close()
    lines.close()


@real
def test_a_program_that_prints_nothing_is_waited_for_only_so_long():
    """The error says how long, and the program is ended by `close`."""
    lines = open_lines(["sleep", "60"])
    begin_s = time.monotonic()
    with pytest.raises(OSError, match=r"sleep printed no line within 0.05 s"):
        lines.next_line(0.05)
    lines.close()
    assert time.monotonic() - begin_s < 10


@real
def test_a_line_without_end_is_an_error_and_is_not_kept():
    """A program that prints no line end does not fill the memory; its next line is read."""
    lines = open_lines(python(f"print('x' * {3 * LINE_BYTES}); print('after')"))
    for _ in range(2):
        with pytest.raises(OSError, match="no end of a line"):
            lines.next_line(5)
    assert len(lines.next_line(5)) <= LINE_BYTES
    assert lines.next_line(5) == "after"
    lines.close()


@real
@pytest.mark.parametrize("start", [open_lines, lambda command: run_program(command, 5)])
@pytest.mark.parametrize("command", [["no-such-program-anywhere"], ["printf", "a\0b"]])
def test_a_program_that_cannot_be_started_is_an_error_of_the_system(start, command: list[str]):
    """Whether it is not there, or a word of it is impossible."""
    with pytest.raises(OSError, match=r"No such file|null byte"):
        start(command)


@real
def test_what_comes_after_a_pause_is_new_however_full_the_pipe_was():
    """A program whose pipe was full for a while, and that prints its own clock."""
    body = "import time\nwhile True: print(time.monotonic(), 'x' * 2000); time.sleep(0.005)"
    lines = FreshLines(open_lines(python(body)), time.monotonic, 0.1)
    lines.next_line(5)
    time.sleep(1.0)  # 64 KiB are 33 lines: it has been held up for most of this
    begin_s = time.monotonic()
    t_s, line = lines.next_line(5)
    lines.close()
    assert begin_s <= t_s
    assert float(line.split()[0]) >= begin_s - 0.005


@real
def test_a_program_that_ends_tells_its_output_complaints_and_status():
    """Each apart."""
    body = "import sys; print('said'); print('complained', file=sys.stderr); sys.exit(3)"
    assert run_program(python(body), 10) == Output(3, "said\n", "complained\n")


@real
@pytest.mark.parametrize(
    "script",
    ["sleep 60", "sleep 60 & exit 0", "exec >&- 2>&-; sleep 60"],
    ids=["it goes on", "its child holds the pipe", "it closes the pipe and goes on"],
)
def test_a_program_that_does_not_end_is_ended(script: str):
    """In the time that was given, whoever holds its pipes."""
    begin_s = time.monotonic()
    with pytest.raises(OSError, match=r"sh did not end within 0.2 s"):
        run_program(["sh", "-c", script], 0.2)
    assert time.monotonic() - begin_s < 10


@real
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_program_that_prints_for_ever_is_ended_early(stream: str):
    """Long before its time is up, and before it fills the memory; as much as is allowed is read."""
    begin_s = time.monotonic()
    with pytest.raises(OSError, match=f"printed more than {OUTPUT_BYTES} bytes"):
        run_program(python(f"import sys\nwhile True: sys.{stream}.write('x' * 4096)"), 60)
    assert time.monotonic() - begin_s < 30
    assert len(run_program(python(f"print('x' * {OUTPUT_BYTES - 1})"), 10).text) == OUTPUT_BYTES


@real
def test_a_port_is_set_up_whatever_it_was_before():
    """Line editing, translations and a read that waits for many bytes are switched off."""
    controller, port = os.openpty()
    attributes = termios.tcgetattr(port)
    attributes[6][termios.VMIN] = 100
    termios.tcsetattr(port, termios.TCSANOW, attributes)
    opened = open_port(os.ttyname(port), 9600)
    os.write(controller, b"\r\x03\x04\x7f\n")
    assert opened.read(5, 5.0) == b"\r\x03\x04\x7f\n"
    opened.write(b"\n\xf0")
    assert os.read(controller, 10) == b"\n\xf0"
    assert opened.read(1, 0.01) == b""
    assert termios.tcgetattr(port)[4:6] == [termios.B9600, termios.B9600]
    opened.close()
    os.close(controller)
    os.close(port)


@real
def test_what_came_before_the_question_is_no_answer():
    """What is left of an earlier answer is forgotten."""
    controller, port = os.openpty()
    opened = open_port(os.ttyname(port), 9600)
    os.write(controller, b"old")
    opened.write(b"?")
    os.write(controller, b"new")
    assert opened.read(3, 5.0) == b"new"
    opened.close()
    os.close(controller)
    os.close(port)


@real
def test_a_port_whose_other_end_is_gone_is_an_error_of_the_system():
    """To write and to read."""
    controller, port = os.openpty()
    opened = open_port(os.ttyname(port), 9600)
    os.close(port)
    os.close(controller)
    with pytest.raises(OSError, match=r"gone|error"):
        opened.write(b"?")
    with pytest.raises(OSError, match=r"gone|error"):
        opened.read(1, 0.1)
    opened.close()


@real
def test_a_file_that_is_no_port_is_refused(tmp_path: Path):
    """And its descriptor is given back."""
    (tmp_path / "file").write_text("")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="is no serial port"):
        open_port(str(tmp_path / "file"), 9600)
    assert len(os.listdir("/proc/self/fd")) == before


@real
def test_programs_that_were_ended_are_waited_for():
    """None is left, not even as a zombie."""
    lines = open_lines(["sh", "-c", "echo $$; exec sleep 60"])
    number = int(lines.next_line(5))
    os.kill(number, 0)
    lines.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
