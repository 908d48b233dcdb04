"""The Raspberry Pi 5's power chip: pairs by name, and listings that are no reading."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_meters import Recording, Replayed, recordings

from configspec.agent.power.channels.programs import Output
from configspec.agent.power.meter import Channel, NoMeterError, ReadingError
from configspec.agent.power.rpi_pmic import KIND, RpiPmic, find, parse_rails
from configspec.agent.power.surroundings import Noted
from configspec.agent.protocol import AgentError

COMMAND = ("vcgencmd", "pmic_read_adc")
LOAD = next(one for one in recordings("rpi_pmic") if one.name.endswith("load"))
LISTING = LOAD.programs[0][2]
PAIR = "A_A current(0)=1.50000000A\nB_A current(1)=0.00000000A\nA_V volt(7)=2.00000000V\nB_V volt(8)=3.00000000V\n"


def printing(*outputs: str, status: int = 0) -> Recording:
    """A board whose vcgencmd prints this."""
    return replace(LOAD, programs=[(COMMAND, status, text) for text in outputs])


def without(name: str) -> str:
    """The listing less the line of that name."""
    return "".join(line for line in LISTING.splitlines(keepends=True) if line.split()[0] != name)


def changed(before: str, after: str) -> str:
    """The listing with one text in place of another."""
    assert before in LISTING
    return LISTING.replace(before, after)


def test_twelve_rails_are_current_times_voltage_of_the_same_name():
    """3V3_DAC's current is number 17 and its voltage number 20: paired by name, 0.4 mA at 3.305 V are 1.322 mW."""
    rails = parse_rails(LISTING)
    assert len(rails) == 12
    assert rails["3V3_DAC"] == pytest.approx(0.0004 * 3.305)
    assert rails["VDD_CORE"] == pytest.approx(4.217 * 0.875)
    assert rails["DDR_VDDQ"] == 0.0
    assert sum(rails.values()) == pytest.approx(4.7760864)


def test_voltages_without_a_current_are_never_multiplied():
    """EXT5V and BATT are no rails, and the listing is one without them."""
    assert not {"EXT5V", "BATT"} & set(parse_rails(LISTING))
    assert parse_rails(without("EXT5V_V").replace("BATT_V", "EXT5V_V")) == parse_rails(LISTING)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (without("HDMI_V"), "HDMI has a current and no voltage"),
        (without("HDMI_A"), "HDMI has a voltage and no current"),
        (LISTING + "EXT5V_A current(26)=0.50000000A\n", "EXT5V has a current and no voltage"),
        (LISTING + "   HDMI_A current(22)=0.01400000A\n", "HDMI comes twice"),
        (LISTING + "   HDMI_V volt(23)=5.06800000V\n", "HDMI comes twice"),
        (changed("4.21700000A", "4.217"), "printed 'VDD_CORE_A current.7.=4.217'"),
        (changed("4.21700000A", "4,21700000A"), "printed"),
        (changed("4.21700000A", "nanA"), "printed"),
        (changed("4.21700000A", "-4.21700000A"), "printed"),
        (changed("4.21700000A", "4.21700000V"), "printed"),
        (changed("4.21700000A", ""), "printed"),
        (changed("current(7)", "volt(7)"), "printed"),
        (changed("4.21700000A", "4217.00000000A"), "printed"),
        (changed("volt(15)=0.87500000V", "volt(15)=875.00000000V"), "VDD_CORE shows 875 V"),
        (changed("volt(15)=0.87500000V", "volt(15)=30.10000000V"), "VDD_CORE shows 30.1 V"),
        (changed("volt(15)=0.87500000V", "volt(15)=0.39000000V"), "VDD_CORE shows 0.39 V and 4.217 A"),
        (changed("volt(23)=5.06800000V", "volt(23)=0.10000000V"), "HDMI shows 0.1 V and 0.014 A"),
        ("", "draws anything"),
        ("A_A current(0)=0.00000000A\nA_V volt(1)=1.00000000V\n", "draws anything"),
    ],
)
def test_a_listing_that_is_damaged_is_no_reading(text: str, reason: str):
    """A rail that is lost would make the sum smaller, and look like a figure."""
    with pytest.raises(ReadingError, match=reason):
        parse_rails(text)


@given(st.integers(0, LISTING.index("\n     EXT5V_V") - 1))
def test_a_listing_that_was_cut_off_is_no_reading(length: int):
    """Wherever it ends, before the last rail's last letter."""
    with pytest.raises(ReadingError):
        parse_rails(LISTING[:length])


def test_a_rail_that_is_switched_off_draws_a_true_zero():
    """No voltage and no current, as of a radio that is off, is 0 W; the limits of voltage are allowed."""
    off = "A_A current(0)=0.00000000A\nB_A current(1)=1.00000000A\nA_V volt(7)=0.10000000V\nB_V volt(8)=0.40000000V\n"
    assert parse_rails(off) == {"A": 0.0, "B": 0.4}
    assert parse_rails(off.replace("0.40000000V", "30.00000000V")) == {"A": 0.0, "B": 30.0}


values = st.integers(40_000_000, 3_000_000_000).map(lambda whole: whole / 1e8)


@given(
    st.dictionaries(st.from_regex(r"[A-Z0-9][A-Z0-9_]{0,10}", fullmatch=True), st.tuples(values, values), min_size=1),
    st.integers(0, 99),
    st.integers(0, 12),
)
def test_what_vcgencmd_writes_is_read_back(rails: dict[str, tuple[float, float]], first: int, width: int):
    """Any rails, in another order of their voltages, with other numbers, aligned or not."""
    amps = [f"{name}_A".rjust(width) + f" current({first + n})={rails[name][0]:.8f}A" for n, name in enumerate(rails)]
    volts = [f"{name}_V".rjust(width) + f" volt({n})={rails[name][1]:.8f}V" for n, name in enumerate(reversed(rails))]
    text = "\n".join([*amps, *volts, "EXT5V_V volt(24)=5.06788000V", ""])
    kept = {name: pair for name, pair in rails.items() if name not in ("EXT5V", "BATT")}
    if kept != rails:
        return
    assert parse_rails(text) == pytest.approx({name: pair[0] * pair[1] for name, pair in kept.items()}, rel=1e-12)


@given(st.text() | st.lists(st.sampled_from(LISTING.splitlines())).map("\n".join))
def test_any_text_is_a_reading_or_a_failed_one(text: str):
    """Nothing that a program prints is more than a reading that failed."""
    with contextlib.suppress(ReadingError):
        assert parse_rails(text)


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ('error=1 error_msg="Command not registered"\n', 0, "only a Raspberry Pi 5"),
        (
            'vc_gencmd_read_response returned -1\nerror=1 error_msg="Command not registered"\n',
            255,
            "only a Raspberry Pi",
        ),
        ("Can't open device file: /dev/vcio_gencmd\nTry creating a device file\n", 255, "group video"),
        ("", 1, r"printed nothing \(status 1\)"),
        ("VCHI initialization failed\n", 255, "printed 'VCHI initialization failed'"),
        (LISTING[:500], 0, "printed '3V3_SYS_V volt.9.=3.30700000'"),
    ],
)
def test_a_board_that_refuses_says_what_would_do(tmp_path: Path, text: str, status: int, reason: str):
    """The exit status does not tell, so the words are looked at."""
    with pytest.raises(NoMeterError, match=reason):
        find(Replayed(tmp_path, printing(text, status=status)), {})


def test_a_board_without_the_program_is_no_raspberry_pi(tmp_path: Path):
    """A program that is not installed is told as that."""
    with pytest.raises(NoMeterError, match="not installed: this is no Raspberry Pi"):
        find(Replayed(tmp_path, printing()), {})


class Failing:
    """Surroundings in which the program says its refusal on the other stream, or hangs."""

    def __init__(self, inner: Replayed, output: Output | OSError) -> None:
        self._inner = inner
        self._output = output

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """The output that was given."""
        assert tuple(command) == COMMAND
        assert timeout_s < 2
        if isinstance(self._output, OSError):
            raise self._output
        return self._output


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (Output(255, "", "Can't open device file: /dev/vcio_gencmd"), "group video"),
        (OSError(110, "vcgencmd did not end within 1.5 s"), "vcgencmd: vcgencmd did not end"),
        (PermissionError(13, "Permission denied"), "vcgencmd: Permission denied"),
    ],
)
def test_complaints_and_a_program_that_hangs_are_reasons(tmp_path: Path, output: Output | OSError, reason: str):
    """What it writes to its other stream counts, and a hang is no reading."""
    with pytest.raises(NoMeterError, match=reason):
        find(Failing(Replayed(tmp_path, printing()), output), {})  # type: ignore[arg-type]


def test_a_value_is_of_the_middle_of_the_call_and_comes_five_times_a_second(tmp_path: Path):
    """The program takes a while: the moment is between its start and its end."""
    around = Replayed(tmp_path, printing(PAIR))
    meter = find(around, {})
    assert meter.read().t_s == around.clock_s
    assert meter.facts.period_s == 0.2
    assert (meter.facts.boundary, KIND.boundary, KIND.auto) == ("rail", "rail", True)
    meter.close()


def test_rails_that_the_owner_names_add_up_alone(tmp_path: Path):
    """The others are kept."""
    meter = find(Replayed(tmp_path, printing(PAIR)), {"rails": ["B"]})
    assert meter.facts.channels == (Channel("A", False), Channel("B", True))
    assert meter.read().values == (3.0, 0.0)


def test_a_rail_that_is_not_there_is_the_owners_mistake(tmp_path: Path):
    """With the one that was meant."""
    with pytest.raises(AgentError, match="rpi_pmic has no rail 'VDD_COR'") as refused:
        find(Replayed(tmp_path, LOAD), {"rails": ["VDD_COR"]})
    assert "Did you mean 'VDD_CORE'?" in str(refused.value.hint)


@pytest.mark.parametrize("text", [PAIR + "C_A current(2)=1.0A\nC_V volt(2)=1.0V\n", PAIR.replace("B_", "C_"), ""])
def test_other_rails_than_at_first_are_a_failed_reading(tmp_path: Path, text: str):
    """A rail more, or another one, is no value of the rails that were found."""
    facts = find(Replayed(tmp_path / "first", printing(PAIR)), {}).facts
    with pytest.raises(ReadingError, match=r"not those that it did at first|printed nothing"):
        RpiPmic(Replayed(tmp_path / "later", printing(text)), facts).read()


def test_the_order_of_the_rails_may_change(tmp_path: Path):
    """Values go by name."""
    facts = find(Replayed(tmp_path / "first", printing(PAIR)), {}).facts
    turned = "".join(reversed(PAIR.splitlines(keepends=True)))
    assert RpiPmic(Noted(Replayed(tmp_path / "later", printing(turned))), facts).read().values == (3.0, 0.0)
