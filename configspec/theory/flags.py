"""What to know before using a figure, as a code with its numbers. Sentences are made of it where people read it.

    code                     numbers
    spread                   samples, spread, limit             the samples spread more than a quiet machine's
    pauses                   samples, slow, times               too many samples took `times` times the median
    few_samples              samples, needed, confidence        too few for the interval that was asked for
    few_prompts              prompts, needed                    too few for an interval over prompts
    rounds_cut               rounds, asked, seconds             the time was over before all rounds were timed
    other_tokens             rounds                             the device drafted other tokens in some rounds
    device_disagrees         differ, positions, gap, near_tie   its arg-max differs from the host's beyond near ties
    timed_greedily                                              the draft samples, and was timed without sampling
    returns_uncounted                                           its draft cannot roll back; nobody timed what that costs
    threads_above            threads, usable                    more threads drafted than can run at once
    fewer_layers             asked, offloaded, layers           fewer layers than asked for are on the GPU
    not_locked                                                  llama.cpp could not lock the model in memory
    passes_disagree          passes, counted, fastest, slowest  passes far apart in time differ beyond their noise, in s
    processors_taken         taken, processors, threads, window others had processors that its threads needed
    processors_waited_for    share, window                      tasks of the board waited for a processor
    quota_reached            periods, seconds, window           a control group's quota stopped it
    far_below_memory         reached, memory, token, expected   bytes/s and s a token: memory is read far faster
    throttled                what, events                       heat, or too little power, slowed the board down
    clock_changed            what, before, after                its mode, its governor or a limit of a clock changed
    swapped                  pages                              memory went to or came from the disk
    power_doubt              text                               what to know of the watts, in words
    sustained_speed          cold, sustained                    tokens/s at first, and after a while: they differ
    window_speed             timed, window                      s a round while the meter was read, and timed: apart
    host_keys_off                                               any machine that answered was measured
    own_lock                 cause                              the board's lock kept out this account's runs only
    retried                  attempts, cause                    it took more than one attempt
    failed                                                      the test that measured or judged it failed
    modelled_acceptance      tokens, left_out                   from other K, off by up to `tokens` of a round's tokens
    modelled_round           seconds, left_out                  its time from other K, off by up to this share
    modelled_verification    seconds, left_out                  its verification from other K, off by up to this share
    modelled_cell            seconds, left_out, bandwidth, overhead  its time from bytes a token, at so many bytes/s
    note                     text                               somebody's own words, as in a profile file

Those that are modelled have the error from leaving out, one at a time, each of `left_out` that were measured.

What figures are held against when they are read, `theory/plausibility/`; no record holds these:

    above_memory             reached, memory                    bytes/s: its weights cannot be read so fast
    quants_out_of_order      fewer, more, times                 that of fewer bits takes `times` as long a token
    bandwidth_apart          times, others                      it reads `times` as fast as the others of its device
    speed_over_k             k, longer, round, then             s a round of K and of a larger one: not of one speed
    power_modes              mode, usual                        measured in another power mode than most of the device
    power_below_idle         watts, idle                        it draws less while it drafts than while it waits
    acceptance_above_one     rate                               more accepted than drafted
    little_drafted           drafted, needed                    a rate of almost nothing drafted
    accepted_falls           k, longer, accepted, then          tokens accepted a round fall with K
    accepted_jumps           k, longer, accepted, then          they more than double with each step of K
    acceptance_rises         k, longer, rate, then              the rate rises with K, by more than its doubt
    energy_identity          stated, derived                    J/token as stated, and as E eta p = P / v_d has it
    goodput_otherwise        stated, derived                    tokens/s as stated, and as it follows
    cost_otherwise           stated, derived                    tokens/$ as stated, and as it follows

`part` says which figures it is about, where they are not the drafting and acceptance of the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "spread",
    "pauses",
    "few_samples",
    "few_prompts",
    "rounds_cut",
    "other_tokens",
    "device_disagrees",
    "timed_greedily",
    "returns_uncounted",
    "threads_above",
    "fewer_layers",
    "not_locked",
    "passes_disagree",
    "processors_taken",
    "processors_waited_for",
    "quota_reached",
    "far_below_memory",
    "throttled",
    "clock_changed",
    "swapped",
    "power_doubt",
    "sustained_speed",
    "window_speed",
    "host_keys_off",
    "own_lock",
    "retried",
    "failed",
    "modelled_acceptance",
    "modelled_round",
    "modelled_verification",
    "modelled_cell",
    "note",
    "above_memory",
    "quants_out_of_order",
    "bandwidth_apart",
    "speed_over_k",
    "power_modes",
    "power_below_idle",
    "acceptance_above_one",
    "little_drafted",
    "accepted_falls",
    "accepted_jumps",
    "acceptance_rises",
    "energy_identity",
    "goodput_otherwise",
    "cost_otherwise",
]
Part = Literal["profile", "verification", "end_to_end"]
NUMBERS: Mapping[Code, tuple[str, ...]] = {
    "spread": ("samples", "spread", "limit"),
    "pauses": ("samples", "slow", "times"),
    "few_samples": ("samples", "needed", "confidence"),
    "few_prompts": ("prompts", "needed"),
    "rounds_cut": ("rounds", "asked", "seconds"),
    "other_tokens": ("rounds",),
    "device_disagrees": ("differ", "positions", "gap", "near_tie"),
    "timed_greedily": (),
    "returns_uncounted": (),
    "threads_above": ("threads", "usable"),
    "fewer_layers": ("asked", "offloaded", "layers"),
    "not_locked": (),
    "passes_disagree": ("passes", "counted", "fastest", "slowest"),
    "processors_taken": ("taken", "processors", "threads", "window"),
    "processors_waited_for": ("share", "window"),
    "quota_reached": ("periods", "seconds", "window"),
    "far_below_memory": ("reached", "memory", "token", "expected"),
    "throttled": ("what", "events"),
    "clock_changed": ("what", "before", "after"),
    "swapped": ("pages",),
    "power_doubt": ("text",),
    "sustained_speed": ("cold", "sustained"),
    "window_speed": ("timed", "window"),
    "host_keys_off": (),
    "own_lock": ("cause",),
    "retried": ("attempts", "cause"),
    "failed": (),
    "modelled_acceptance": ("tokens", "left_out"),
    "modelled_round": ("seconds", "left_out"),
    "modelled_verification": ("seconds", "left_out"),
    "modelled_cell": ("seconds", "left_out", "bandwidth", "overhead"),
    "note": ("text",),
    "above_memory": ("reached", "memory"),
    "quants_out_of_order": ("fewer", "more", "times"),
    "bandwidth_apart": ("times", "others"),
    "speed_over_k": ("k", "longer", "round", "then"),
    "power_modes": ("mode", "usual"),
    "power_below_idle": ("watts", "idle"),
    "acceptance_above_one": ("rate",),
    "little_drafted": ("drafted", "needed"),
    "accepted_falls": ("k", "longer", "accepted", "then"),
    "accepted_jumps": ("k", "longer", "accepted", "then"),
    "acceptance_rises": ("k", "longer", "rate", "then"),
    "energy_identity": ("stated", "derived"),
    "goodput_otherwise": ("stated", "derived"),
    "cost_otherwise": ("stated", "derived"),
}
# Of these names the number is a text.
TEXTS = ("cause", "text", "what", "before", "after", "fewer", "more", "mode", "usual")
MOST = 1e18


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One thing to know. `numbers` by name, in the order of the table above."""

    code: Code
    part: Part = "profile"
    numbers: tuple[tuple[str, int | float | str], ...] = ()

    def __getitem__(self, name: str) -> int | float | str:
        """The number of that name; KeyError where it has none."""
        return dict(self.numbers)[name]


def flag(code: Code, part: Part = "profile", **numbers: int | float | str) -> Flag:
    """A flag with its numbers."""
    return Flag(code=code, part=part, numbers=tuple(numbers.items()))


def check_numbers(one: Flag) -> None:
    """ValueError where a flag that was read has not the numbers of its code, or where one of them cannot be."""
    names = tuple(name for name, _ in one.numbers)
    if names != NUMBERS[one.code]:
        wanted = ", ".join(NUMBERS[one.code]) or "no numbers"
        raise ValueError(f"{one.code} comes with {wanted}; found {', '.join(names) or 'none'}")
    for name, number in one.numbers:
        if isinstance(number, str) != (name in TEXTS):
            raise ValueError(
                f"{name} of {one.code} is {number!r:.40}, which is no {'text' if name in TEXTS else 'number'}"
            )
        if not isinstance(number, str) and not abs(number) <= MOST:
            raise ValueError(f"{name} of {one.code} is {number!r:.24}; it is finite, and at most {MOST:g}")
