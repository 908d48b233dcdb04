"""FNIRSI FNB48, C1 and FNB58: meters in a USB lead, by the lines that a logger prints.

https://github.com/baryluk/fnirsi-usb-power-data-logger

    timestamp sample_in_packet voltage_V current_A dp_V dn_V temp_C_ema energy_Ws capacity_As

The meter sends a packet of 4 samples every 40 ms. The logger makes up their times, and those of two packets overlap:
the time of a value is when its packet arrives here, and a value is the mean of the packet. The logger has to print each
line at once; a Python program is told to.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import List, Optional, Tuple, final

from ..protocol import usage_error
from .channels.lines import FreshLines
from .meter import WATTS, Channel, Meter, MeterFacts, MeterKind, NoMeterError, Option, Reading, ReadingError
from .surroundings import Surroundings

SAMPLES = 4  # of a packet
PACKET_S = 0.04
LAG_S = PACKET_S / 2
READ_S = 1.5
FIRST_S = 10.0  # a logger looks for its meter first
MOST_LINES = 40  # that are no sample, or of a packet that is not whole
PAUSE_S = 0.2  # of the reader; then what waits in the pipe is old
LEAST_V, MOST_V = 0.4, 30.0
MOST_A = 10.0  # the meters carry 7 A
NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Sample:
    """One line: the logger's time as it wrote it, the sample's place in its packet, and its power."""

    stamp: str
    place: int
    watts: float


def parse_sample(line: str) -> Optional[Sample]:
    """The sample of a line; None for the line of titles and for an empty one.

    Raises:
        ReadingError: It is no line of the logger, or its figures cannot be.
    """
    words = line.split()
    if not words or words[0] == "timestamp":
        return None
    if len(words) < 4 or not all(NUMBER.fullmatch(word) for word in words[:4]) or words[1] not in ("0", "1", "2", "3"):
        raise ReadingError(f"the logger printed {line.strip()!r:.80}")
    volts, amps = float(words[2]), float(words[3])
    if not (LEAST_V <= volts <= MOST_V and 0 <= amps <= MOST_A):
        raise ReadingError(f"the meter shows {words[2]} V and {words[3]} A")
    return Sample(words[0], int(words[1]), volts * amps)


@final
class Fnirsi:
    """A logger that was started."""

    def __init__(self, around: Surroundings, lines: FreshLines) -> None:
        self._around = around
        self._lines = lines
        self.facts = MeterFacts(
            meter="fnirsi",
            shows=WATTS,
            boundary="usb-input",
            channels=(Channel("usb"),),
            period_s=PACKET_S,
            waits=True,
            lag_s=LAG_S,
        )

    def read(self) -> Reading:
        """The mean power of the next whole packet; one that lost a sample is passed over."""
        packet: List[Sample] = []
        end_s = self._around.now_s() + READ_S
        for _ in range(MOST_LINES):
            t_s, line = _next_line(self._lines, end_s - self._around.now_s())
            sample = parse_sample(line)
            if sample is None:
                continue
            packet = [*packet, sample] if sample.place == len(packet) else [sample] if sample.place == 0 else []
            if len(packet) == SAMPLES:
                return Reading(t_s, (sum(one.watts for one in packet) / SAMPLES,), packet[0].stamp)
        raise ReadingError(f"no whole packet of {SAMPLES} samples in {MOST_LINES} lines")

    def close(self) -> None:
        """End the logger."""
        self._lines.close()


def _next_line(lines: FreshLines, timeout_s: float) -> Tuple[float, str]:
    try:
        return lines.next_line(max(0.0, timeout_s))
    except OSError as problem:
        raise ReadingError(problem.strerror or str(problem)) from None


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """Start the logger `power.command`, and wait for its first sample."""
    command = _command(options.get("command"))
    try:
        lines = FreshLines(around.lines(command), around.now_s, PAUSE_S)
    except OSError as problem:
        raise NoMeterError(f"power.command {command[0]} cannot be started: {problem.strerror or problem}") from None
    try:
        _wait_for_a_sample(around, lines)
    except ReadingError as problem:
        lines.close()
        raise NoMeterError(f"power.command {command[0]}: {problem}") from None
    except BaseException:
        lines.close()
        raise
    return Fnirsi(around, lines)


def _wait_for_a_sample(around: Surroundings, lines: FreshLines) -> None:
    """Pass over what a logger prints before its first sample."""
    end_s = around.now_s() + FIRST_S
    said = ReadingError("it prints no sample")
    for _ in range(MOST_LINES):
        _, line = _next_line(lines, end_s - around.now_s())
        try:
            if parse_sample(line) is not None:
                return
        except ReadingError as problem:
            said = problem
    raise said


def _command(given: object) -> List[str]:
    if isinstance(given, (list, tuple)):
        return [str(word) for word in given]
    try:
        words = shlex.split(str(given or ""))
    except ValueError as problem:
        raise usage_error(f"power.command: {problem}", found=f"{given!r:.60}") from None
    if not words:
        raise usage_error("power.command names no program", hint="As: python3 fnirsi_logger.py")
    return words


KIND = MeterKind(
    name="fnirsi",
    find=find,
    page="https://github.com/baryluk/fnirsi-usb-power-data-logger",
    options=(
        Option(
            "command",
            "The logger that prints the meter's samples, such as python3 fnirsi_logger.py",
            "words",
            needed=True,
        ),
    ),
    boundary="usb-input",
)
