"""Our drafting loop against `llama-bench`: tokens a second on the same file, threads and depth, in turns.

Ours runs as it always does: the agent in a process of its own, asked for rounds over the protocol, timed by its own
clock, with an argmax and a time stamp for each token. The model stays open in the agent while `llama-bench` runs; it
sleeps then. Both evaluate N tokens one by one at the positions D .. D+N-1: `llama-bench` after D evaluated tokens, ours
in a sequence of D + 1 whose last token is still pending.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import llama_bench
from build_llama_bench import Tool
from comparison import Line, Pair, compare, enough
from llama_bench import Decoding
from machine import Watch

from configspec.devices.device import Device
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.timing import prefix_durations

MOST_TIMES = 3  # times as many pairs as asked for, before disturbed ones are counted as they are
PATIENCE_S = 300.0  # and how long more are taken at all: a large model on a busy machine takes minutes a pair
SECONDS = 600.0  # bound on one turn of ours


def against_llama_bench(
    name: str,
    device: Device,
    tool: Tool,
    asked: Decoding,
    *,
    pairs: int,
    at_least: float,
    note: str,
    progress: Callable[[str], None],
) -> Line:
    """Both in turns, first one first and then the other, until `pairs` pairs were quiet or retry ends."""
    facts = device.open_model(asked.model, _opened_for(asked))
    taken: list[Pair] = []
    began = Watch()
    while not enough(taken, least=pairs, most=MOST_TIMES * pairs if began.elapsed_s() < PATIENCE_S else pairs):
        pair = _pair(device, tool, asked, ours_first=len(taken) % 2 == 1)
        taken.append(pair)
        doubt = ", disturbed" if pair.disturbed else ""
        progress(f"{name}, pair {len(taken)}: {pair.peer:.1f} and {pair.ours:.1f} tokens/s, {pair.ratio:.3f}{doubt}")
    shape = f"{facts.parameters / 1e6:,.1f} M parameters, {asked.threads} threads, depth {asked.depth}"
    told = (f"{shape}, {asked.tokens} tokens, median of {asked.repeats} a turn", note)
    return compare(name, "tokens/s", taken, least=pairs, at_least=at_least, notes=told)


def _pair(device: Device, tool: Tool, asked: Decoding, *, ours_first: bool) -> Pair:
    """One turn each."""
    figures: dict[str, float] = {}
    waited: list[float] = []
    for side in ("ours", "peer") if ours_first else ("peer", "ours"):
        watch = Watch()
        figures[side] = _ours(device, asked) if side == "ours" else llama_bench.measure(tool, asked)
        share = watch.waited()
        waited.extend([] if share is None else [share])
    return Pair(peer=figures["peer"], ours=figures["ours"], waited=max(waited, default=None))


def _ours(device: Device, asked: Decoding) -> float:
    """Tokens a second of one turn: the sequence begun anew, as `llama-bench` begins each, then timed rounds."""
    device.prefill(_context(asked.depth + 1))
    timed = device.timed_rounds(asked.tokens, rounds=asked.repeats, warmup=1, seconds=SECONDS)
    return asked.tokens / statistics.median(prefix_durations(timed.stamps_s, asked.tokens))


def _opened_for(asked: Decoding) -> LlamaCppSpec:
    """As much context as `llama-bench` makes room for, and the pending token."""
    return LlamaCppSpec(threads=asked.threads, context=asked.depth + asked.tokens + 1, gpu_layers=0)


def _context(length: int) -> tuple[int, ...]:
    """Any tokens will do, as long as every model has them: drafting takes as long after one text as after another."""
    return tuple(300 + index % 500 for index in range(length))
