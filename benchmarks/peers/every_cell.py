"""How long it takes to know the goodput of all drafts, quantisations and K of a family, and whether one best is found.

    ours     every cell profiled, and a few rounds of every configuration timed with their outcome thrown
             away: no speculative decoding is run
    theirs   `llama-speculative-simple` for every configuration, over a few prompts of the set; the rest in proportion.
             Its seconds are those of the whole program, loading included: that is what asking it takes

Both start with the models' files there and nothing else, and use the same llama.cpp target, threads and prompts.

Their program is another engine than ours: behind every pass of the target its draft reads the same K + 1 tokens once
more, as a batch (`common_speculative_process` in common/speculative.cpp), where ours keeps what it drafted; and both
models are in one process. So the rounds that are timed are like theirs: K passes of the draft, one of the target over
K + 1 tokens, one of the draft over the same, in turns, since each empties the other's caches. How many rounds a text
takes is from our profile, over the prompts that theirs ran.

One best is found where theirs, at the configuration that we predict to be its best, loses nothing beyond the noise
against the one that it found best itself. The best of a hundred readings flatters itself, so both are run again, in
turns: the median of the pairs' ratios must be at least 1 less what two turns of one measurement differ by. Where both
are one configuration, that is what is measured.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from build_llama_bench import Tool
from comparison import Line, Pair, compare, enough
from end_to_end import MOST_TIMES
from engines import Given, LlamaCpp, given
from gguf_vocabulary import GgufVocabulary
from machine import Watch
from separate_k import WITHIN

from configspec.cache import Store
from configspec.profiling.session import ProfilingSession
from configspec.profiling.target_text import ContinuedPrompt
from configspec.records.row import Row
from configspec.targets.registry import open_target
from configspec.targets.target import Target
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import FamilySpec, TargetSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.ids import Cell, Drafter
from configspec.theory.spacing import evenly

AT_LEAST_TIMES = 20.0
DEVICE = "local"
TURNS = 15  # rounds of each configuration that are timed, of which the median counts

Progress = Callable[[str], None]
Key = tuple[Drafter, int]  # and K


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Goodput of every configuration of theirs, tokens/s, and the seconds that knowing it took."""

    goodput: Mapping[Key, float]
    seconds: float

    @property
    def best(self) -> Key:
        """The configuration of the highest goodput."""
        return max(self.goodput, key=self.goodput.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """What profiling left behind."""

    files: Mapping[Drafter, Path]
    rows: Mapping[Drafter, Mapping[int, Row]]
    round_s: Mapping[Key, float]  # of a round like theirs
    prompts: tuple[ContinuedPrompt, ...]
    seconds: float


def family_in_llama_cpp(inventory: Inventory, family: str, target: Path, options: LlamaCppSpec) -> Inventory:
    """A testbed of this machine and one family, its target run by llama.cpp, its verification measured."""
    declared = inventory.families[family]
    return replace(
        inventory,
        devices={DEVICE: DeviceSpec(name=DEVICE, connection="local", llama_cpp=options)},
        families={family: replace(declared, target=TargetSpec(gguf=target, llama_cpp=options))},
        serving=replace(inventory.serving, verify="measured"),
        serving_by_family={},
    )


def measure(inventory: Inventory, tool: Tool, *, prompts: int, pairs: int, progress: Progress) -> list[Line]:
    """Both ways over the one family of `family_in_llama_cpp`; theirs over `prompts` prompts of the set."""
    (family,) = inventory.families.values()
    ks, target = inventory.sweep.k, family.target.gguf
    assert target is not None
    with tempfile.TemporaryDirectory(prefix="every-cell-") as folder, GgufVocabulary(target) as vocabulary:
        profiled = _profile(inventory, family, Store(Path(folder)), progress)
        engines = {
            drafter: LlamaCpp(tool, vocabulary, target, file, family.target.llama_cpp)
            for drafter, file in profiled.files.items()
        }
        chosen = _chosen(profiled.prompts, vocabulary, prompts)
        run = Theirs(engines, tuple(chosen.values()), inventory.sweep.new_tokens)
        ours = Known(goodput=predicted(profiled, tuple(chosen)), seconds=profiled.seconds)
        theirs = run.everything(ks, progress)
        again: list[Pair] = []
        while not enough(again, least=pairs, most=pairs * MOST_TIMES):
            again.append(run.pair(ours.best, theirs.best, ours_first=len(again) % 2 == 1))
    total = len(profiled.prompts)
    shape = f"{len(engines)} cells, {len(ks)} K each, {total} prompts"
    best = f"best of {family.name}, both run by theirs"
    return [
        times_less(f"goodput of {family.name}, all configurations", shape, ours, theirs, len(chosen), total),
        compare(best, "tokens/s", again, least=pairs, at_least=1 - WITHIN, notes=best_notes(ours, theirs)),
    ]


class Theirs:
    """Their program with every draft, on some prompts."""

    def __init__(self, engines: Mapping[Drafter, LlamaCpp], prompts: Sequence[Given], new_tokens: int) -> None:
        self._engines = engines
        self._prompts = prompts
        self._new_tokens = new_tokens

    def everything(self, ks: Sequence[int], progress: Progress) -> Known:
        """Every configuration, run for real."""
        watch = Watch()
        goodput: dict[Key, float] = {}
        for drafter, engine in self._engines.items():
            progress(f"{engine.rule.name}: {drafter}")
            goodput |= {(drafter, k): self.goodput((drafter, k)) for k in ks}
        return Known(goodput=goodput, seconds=watch.elapsed_s())

    def goodput(self, key: Key) -> float:
        """Tokens of all prompts over the seconds of decoding them."""
        drafter, k = key
        outcomes = [self._engines[drafter].decode(one, k, self._new_tokens) for one in self._prompts]
        return sum(one.tokens for one in outcomes) / sum(one.seconds for one in outcomes)

    def pair(self, ours: Key, theirs: Key, *, ours_first: bool) -> Pair:
        """Two configurations, one after the other."""
        watch = Watch()
        first, second = (self.goodput(key) for key in ((ours, theirs) if ours_first else (theirs, ours)))
        our, their = (first, second) if ours_first else (second, first)
        return Pair(peer=their, ours=our, waited=watch.waited())


def times_less(name: str, shape: str, ours: Known, theirs: Known, ran: int, total: int) -> Line:
    """Seconds against seconds; theirs ran `ran` of `total` prompts."""
    whole_s = theirs.seconds * total / ran
    times = whole_s / ours.seconds
    part = f"theirs took {theirs.seconds:.1f} s for {ran} of {total} prompts; the rest is in proportion"
    return Line(
        name=name,
        unit="s",
        peer=whole_s,
        ours=ours.seconds,
        judged=times,
        judged_unit="times less",
        low=times,
        high=times,
        n=1,
        bound=AT_LEAST_TIMES,
        better="higher",
        notes=(shape, part) if ran < total else (shape,),
    )


def predicted(profiled: Profiled, places: Sequence[int]) -> dict[Key, float]:
    """Goodput of every configuration of theirs over some of the prompts, without running it."""
    found = {}
    for drafter, rows in profiled.rows.items():
        for k, row in rows.items():
            counts = [row.acceptance.by_prompt[place] for place in places]
            rounds, accepted = (sum(one[which] for one in counts) for which in (0, 1))
            found[drafter, k] = (accepted + rounds) / (rounds * profiled.round_s[drafter, k])
    return found


def best_notes(ours: Known, theirs: Known) -> tuple[str, ...]:
    """Which configurations the two found best, and what each thinks of the other's."""
    return tuple(
        f"{who}: {drafter} K={k}; {ours.goodput[drafter, k]:,.0f} tokens/s predicted, "
        f"{theirs.goodput[drafter, k]:,.0f} counted"
        for who, (drafter, k) in (("predicted best", ours.best), ("counted best", theirs.best))
    )


def _profile(inventory: Inventory, family: FamilySpec, store: Store, progress: Progress) -> Profiled:
    """All cells as `configspec` profiles them, from an empty cache but for the files; then rounds like theirs."""
    ks, depth = inventory.sweep.k, inventory.sweep.depth
    with ProfilingSession(inventory, store, progress) as session:
        drafters = [Drafter(draft=draft, quant=quant) for draft in family.drafts for quant in family.quants]
        files = {drafter: session.workbench.draft_file(family, drafter) for drafter in drafters}
        watch = Watch()
        rows = {
            drafter: session.rows(Cell(device=DEVICE, family=family.name, drafter=drafter), ks) for drafter in drafters
        }
        round_s: dict[Key, float] = {}
        with closing(open_target(family.target)) as target:
            for drafter, file in files.items():
                with closing(open_target(replace(family.target, gguf=file))) as draft:
                    round_s |= {(drafter, k): _round_s(target, draft, depth, k) for k in ks}
        seconds = watch.elapsed_s()
        prompts = session.workbench.target_text(family).prompts
    return Profiled(files=files, rows=rows, round_s=round_s, prompts=prompts, seconds=seconds)


def _round_s(target: Target, draft: Target, context: int, k: int) -> float:
    """Seconds of a round like theirs."""

    def pass_s(model: Target, tokens: int) -> float:
        return model.pass_s(context=context, tokens=tokens, requests=1)

    taken = [
        sum(pass_s(draft, 1) for _ in range(k)) + pass_s(target, k + 1) + pass_s(draft, k + 1) for _ in range(TURNS + 1)
    ]
    return statistics.median(taken[1:])  # the first one makes room


def _chosen(prompts: Sequence[ContinuedPrompt], vocabulary: GgufVocabulary, count: int) -> dict[int, Given]:
    """At most `count` prompts by their place in the set, evenly taken from those that their program can be given."""
    fit = {
        place: one
        for place, traced in enumerate(prompts)
        if (one := given(traced.id, traced.prompt, vocabulary)) is not None
    }
    places = list(fit)
    return {places[nth]: fit[places[nth]] for nth in evenly(len(places), count)}
