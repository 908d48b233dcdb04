"""What to know before using a figure, as a sentence: one for each code of `theory/flags.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from configspec.reporting.figure_words import figure
from configspec.reporting.plausibility_words import WORDS as OF_PLAUSIBILITY
from configspec.theory.flags import Code, Flag, Part

PARTS: Mapping[Part, str] = {"profile": "", "verification": "verification: ", "end_to_end": "end to end: "}


def flag_words(flag: Flag) -> str:
    """The flag as a person reads it, in a line and without a full stop."""
    return PARTS[flag.part] + WORDS[flag.code](flag)


def _share(flag: Flag, name: str) -> str:
    return f"{float(flag[name]):.0%}"


def _number(flag: Flag, name: str) -> str:
    return f"{float(flag[name]):.3g}"


def _samples(flag: Flag) -> str:
    return f"{flag['samples']} sample{'' if flag['samples'] == 1 else 's'}"


def _spread(flag: Flag) -> str:
    spread, limit = _share(flag, "spread"), _share(flag, "limit")
    return f"disturbed: {_samples(flag)} spread by {spread} of their median (limit {limit})"


def _pauses(flag: Flag) -> str:
    times = _number(flag, "times")
    return f"disturbed: {flag['slow']} of {_samples(flag)} took more than {times} times the median"


def _few_samples(flag: Flag) -> str:
    needed, confidence = flag["needed"], _share(flag, "confidence")
    return f"{_samples(flag)}: a {confidence} interval needs {needed}"


def _few_prompts(flag: Flag) -> str:
    if flag["prompts"] == 1:
        return "1 prompt: how much prompts differ is unknown, so the interval of the acceptance rate is 0 to 1"
    return (
        f"{flag['prompts']} prompts: with fewer than {flag['needed']} the interval of the acceptance rate is too narrow"
    )


def _rounds_cut(flag: Flag) -> str:
    return f"{flag['rounds']} of {flag['asked']} rounds were timed in the {_number(flag, 'seconds')} s allowed"


def _other_tokens(flag: Flag) -> str:
    rounds = "1 round" if flag["rounds"] == 1 else f"{flag['rounds']} rounds"
    return f"the device drafted other tokens in {rounds}: its arithmetic is not deterministic"


def _device_disagrees(flag: Flag) -> str:
    return (
        f"the device disagrees with this host about the draft: its arg-max differs at {flag['differ']} of "
        f"{flag['positions']} positions, with up to {_number(flag, 'gap')} logits between the best two (rounding "
        f"explains less than {_number(flag, 'near_tie')}), so its acceptance may differ from the one that was counted"
    )


def _timed_greedily(_: Flag) -> str:
    return (
        "drafting was timed without sampling, which takes longer per token: end-to-end rows include that time, this "
        "one does not"
    )


def _returns_uncounted(_: Flag) -> str:
    return (
        "the draft cannot roll back, and an earlier configspec did not time what a rejection costs it: it ranks too "
        "fast, measure it again"
    )


def _threads_above(flag: Flag) -> str:
    return (
        f"{flag['threads']} threads drafted, and {flag['usable']} can run at once there (its processors, or the quota "
        "of its group), so they waited for each other"
    )


def _fewer_layers(flag: Flag) -> str:
    on_gpu, layers = flag["offloaded"], flag["layers"]
    return f"{on_gpu} of the model's {layers} layers were on the GPU, where {flag['asked']} were asked for"


def _not_locked(_: Flag) -> str:
    return "llama.cpp could not lock the model in memory (`ulimit -l` is the usual reason), so parts may be read again"


def _passes_disagree(flag: Flag) -> str:
    fastest, slowest = _number(flag, "fastest"), _number(flag, "slowest")
    return (
        f"passes disagree: {flag['passes']} passes over the cell took {fastest} to {slowest} s a round; "
        f"{flag['counted']} of them agree and count, the interval holds all"
    )


def _processors_taken(flag: Flag) -> str:
    return (
        f"others had {_number(flag, 'taken')} of the {flag['processors']} processors while it was timed with "
        f"{flag['threads']} threads ({_number(flag, 'window')} s): all rounds may be too slow"
    )


def _processors_waited_for(flag: Flag) -> str:
    return (
        f"tasks waited for a processor in {_share(flag, 'share')} of the {_number(flag, 'window')} s in which it was "
        "timed: all rounds may be too slow"
    )


def _quota_reached(flag: Flag) -> str:
    return (
        f"the quota of its control group stopped it {flag['periods']} times, for {_number(flag, 'seconds')} s of "
        f"{_number(flag, 'window')} s: use fewer threads, or raise the quota"
    )


def _far_below_memory(flag: Flag) -> str:
    return (
        f"far below the memory's speed: a token took {_number(flag, 'token')} s, and to read the model once takes "
        f"{_number(flag, 'expected')} s here, at {float(flag['memory']) / 1e9:.3g} GB/s: all rounds may be too slow"
    )


def _throttled(flag: Flag) -> str:
    events = {0: "", 1: " (1 event)"}.get(int(flag["events"]), f" ({flag['events']} events)")
    return f"throttled while it was measured: {flag['what']}{events}; check the board's cooling and its power supply"


def _clock_changed(flag: Flag) -> str:
    return f"the board's {flag['what']} changed while it was measured, from {flag['before']} to {flag['after']}"


def _swapped(flag: Flag) -> str:
    pages = "1 page" if flag["pages"] == 1 else f"{flag['pages']} pages"
    return f"the board swapped {pages} of memory while it was measured: rounds may have waited for its disk"


def _power_doubt(flag: Flag) -> str:
    return f"power: {flag['text']}"


def _sustained_speed(flag: Flag) -> str:
    cold, sustained = figure(float(flag["cold"])), figure(float(flag["sustained"]))
    return f"drafting began at {cold} tokens/s and went on at {sustained}: the board's speed changes as it runs"


def _window_speed(flag: Flag) -> str:
    timed, during = float(flag["timed"]), float(flag["window"])
    slower = "slower" if during > timed else "faster"
    return (
        f"while its meter was read, drafting was {abs(during / timed - 1):.0%} {slower} than in the timed rounds: the "
        "board heated, or was disturbed"
    )


def _host_keys_off(_: Flag) -> str:
    return "SSH host keys are not checked, so whichever machine answered was measured"


def _own_lock(flag: Flag) -> str:
    return (
        "the board's lock kept out this account's runs only, so another account may have measured beside this run: "
        f"{flag['cause']}"
    )


def _retried(flag: Flag) -> str:
    return f"unstable: attempt {flag['attempts']} was the first to succeed; the first one failed: {flag['cause']}"


def _failed(_: Flag) -> str:
    return "its test failed"


def _modelled_acceptance(flag: Flag) -> str:
    return f"acceptance modelled from other K, off by up to {_off(flag, 'tokens')} of a round's tokens{_judged(flag)}"


def _modelled_round(flag: Flag) -> str:
    return f"time of a round modelled from other K, off by up to {_off(flag, 'seconds')}{_judged(flag)}"


def _modelled_verification(flag: Flag) -> str:
    return f"verification modelled from other K, off by up to {_off(flag, 'seconds')}; the interval does not hold that"


def _modelled_cell(flag: Flag) -> str:
    speed, rest = float(flag["bandwidth"]) / 1e9, 1000 * float(flag["overhead"])
    return (
        f"drafting speed modelled from bytes a token, at the device's {speed:.3g} GB/s and {rest:.3g} ms a token "
        f"besides, off by up to {_off(flag, 'seconds')}{_judged(flag)}"
    )


def _off(flag: Flag, name: str) -> str:
    return f"{float(flag[name]):.1%}"


def _judged(flag: Flag) -> str:
    """How many the error is from, and what that makes of the interval (`selection/filled_ks.py`)."""
    count = int(flag["left_out"])
    return f" ({count} left out, one at a time, so the interval holds in {count} of {count + 1} cases)"


def _note(flag: Flag) -> str:
    return str(flag["text"])


WORDS: Mapping[Code, Callable[[Flag], str]] = {
    "spread": _spread,
    "pauses": _pauses,
    "few_samples": _few_samples,
    "few_prompts": _few_prompts,
    "rounds_cut": _rounds_cut,
    "other_tokens": _other_tokens,
    "device_disagrees": _device_disagrees,
    "timed_greedily": _timed_greedily,
    "returns_uncounted": _returns_uncounted,
    "threads_above": _threads_above,
    "fewer_layers": _fewer_layers,
    "not_locked": _not_locked,
    "passes_disagree": _passes_disagree,
    "processors_taken": _processors_taken,
    "processors_waited_for": _processors_waited_for,
    "quota_reached": _quota_reached,
    "far_below_memory": _far_below_memory,
    "throttled": _throttled,
    "clock_changed": _clock_changed,
    "swapped": _swapped,
    "power_doubt": _power_doubt,
    "sustained_speed": _sustained_speed,
    "window_speed": _window_speed,
    "host_keys_off": _host_keys_off,
    "own_lock": _own_lock,
    "retried": _retried,
    "failed": _failed,
    "modelled_acceptance": _modelled_acceptance,
    "modelled_round": _modelled_round,
    "modelled_verification": _modelled_verification,
    "modelled_cell": _modelled_cell,
    "note": _note,
    **OF_PLAUSIBILITY,
}
