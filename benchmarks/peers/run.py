"""configspec beside its peers: one table a part, and exit status 1 where a bound is missed.

    python benchmarks/peers/run.py [--part PART ...] [--json peers.json]

    drafting   tokens/s of our loop against llama-bench: a model of Llama-3.2-1B's shape, and the smallest draft
    sweep      seconds to profile a family against real speculative decoding of every configuration, and their counts
    separate-k rounds of the largest K, read up to K, against rounds of K timed on their own
    end-to-end speculative decoding against llama.cpp's own and transformers' own: speed, counts, and the time that it
               takes to know the best of all configurations
    recurrent  goodput of drafts that cannot roll back, predicted against real decoding: five architectures
    power      what reading a power meter costs, and whether the energy of real decoding is what was predicted
    plugin     what the installed plugin adds to collecting a project that has nothing to do with it, and how long
               collecting 10,000 configurations takes
    journal    10,000 rows through the journal and the merge: seconds, and memory that does not grow with them; the
               memory of a run of 2,000 replayed rows
    cache      the check of all that the cache keeps against the main job that uses it
    history    a history of 1,000 runs of 500 rows: the first reading against the fastest JSON reader, later ones from
               the index, the trend of every series, and memory
    report     a page of 5,000 rows and 30 nights: seconds, memory, its size, and how soon Chromium can use it
    fleet      every objective of 1,000,000 configurations: their points against a plain loop, and their intervals
    boards     two boards behind a real OpenSSH server on loopback: drafting over SSH against local, the start of an
               agent, and a sweep of both with two workers against one after the other

Needs configspec[all] installed, cmake with a C++ compiler for the first `drafting` or `end-to-end`, and for `boards` an
OpenSSH client and server. Leave the machine alone while it runs: pairs of runs that were disturbed are marked, and
taken again for a while.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import boards
import cache_cost
import check_cost
import collection_cost
import compare_cost
import every_cell
import fleet
import history_cost
import journal_cost
import plugin_cost
import power_cost
import rank_cost
import recurrent
import replay_memory
import report_cost
import separate_k
import sweep
from build_llama_bench import ensure_llama_bench
from build_llama_speculative import ensure_llama_speculative
from comparison import Line, table
from drafting_speed import against_llama_bench
from llama_bench import Decoding
from loopback import start_server
from machine import processors
from pairings import Pairing, against_llama_cpp, against_transformers, target_file
from random_model import Shape, ensure_random_model

from configspec.cache import Store, default_root
from configspec.devices.device import open_device
from configspec.errors import ConfigspecError, UsageError, did_you_mean
from configspec.families.build import ensure_draft
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import DraftSpec, FamilySpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.prompt_choice import sweep_prompts
from configspec.testbed.read import read_inventory
from configspec.theory.spacing import evenly

ROOT = Path(__file__).resolve().parents[2]
DEPTH = 128  # tokens in the context, as in the sweep's own rounds
LARGE_AT_LEAST = 0.98
SMALL_AT_LEAST = 0.93
PLUGIN_PAIRS = 60  # a run of pytest differs from the next by 60 ms; ten pairs said anything from -2 to 73 ms
SMALL_QUANT = "Q4_K_M"
LARGE_PAIRS = 9
SMALL_PAIRS = 15  # a turn of the small model takes a second, and turns of it differ by a tenth and more
SMALL_THREADS = 1  # at 0.1 ms a token, two threads mostly wait for each other, on both sides, and differ at random
STARTS = 9
END_TO_END_PROMPTS = 12
END_TO_END_PAIRS = 9  # turns of a second or two differ by a twentieth
SWEEP_PROMPTS = 4  # real speculative decoding of every configuration takes minutes a prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says."""

    inventory: Path
    device: str
    family: str | None
    threads: int
    pairs: int
    sweep_prompts: int
    jobs: int


def drafting(asked: Asked) -> list[Line]:
    """Our loop against llama-bench, a large model and the smallest."""
    store = Store(default_root())
    tool = ensure_llama_bench(store.root, jobs=asked.jobs)
    runs_on = "the installed libraries" if tool.borrows else "libraries built beside it"
    note = f"llama-bench of llama-cpp-python {tool.version}, on {runs_on}"
    family, draft = smallest_draft(read_inventory(asked.inventory))
    small = ensure_draft(family, draft, SMALL_QUANT, store, _say)
    large = ensure_random_model(store, Shape())
    with open_device(DeviceSpec(name="local", connection="local"), store.root) as device:
        return [
            against_llama_bench(
                "Llama-3.2-1B's shape, Q4_K_M",
                device,
                tool,
                # Three seconds a turn: a shared machine's speed moves by a twentieth within one.
                Decoding(model=large, tokens=96, depth=DEPTH, threads=asked.threads, repeats=1),
                pairs=max(asked.pairs, LARGE_PAIRS),
                at_least=LARGE_AT_LEAST,
                note=note,
                progress=_say,
            ),
            against_llama_bench(
                f"smallest draft, {family.name} {draft.name} {SMALL_QUANT}",
                device,
                tool,
                # Enough tokens and repeats that starting threads and a stray interruption do not count.
                Decoding(model=small, tokens=512, depth=DEPTH, threads=SMALL_THREADS, repeats=15),
                pairs=max(asked.pairs, SMALL_PAIRS),
                at_least=SMALL_AT_LEAST,
                note=note,
                progress=_say,
            ),
        ]


def smallest_draft(inventory: Inventory) -> tuple[FamilySpec, DraftSpec]:
    """Of all drafts that are folders, the one with the fewest bytes of weights."""
    folders = [
        (family, draft, draft.safetensors)
        for family in inventory.families.values()
        for draft in family.drafts.values()
        if draft.safetensors is not None
    ]
    if not folders:
        raise UsageError(f"{inventory.path}: no family has a draft that is a safetensors folder, so none is compared.")
    family, draft, _ = min(
        folders, key=lambda found: sum(path.stat().st_size for path in found[2].glob("*.safetensors"))
    )
    return family, draft


def family_name(asked: Asked, inventory: Inventory) -> str:
    """The family asked for, or the first."""
    name = asked.family or next(iter(inventory.families))
    if name not in inventory.families:
        raise UsageError(f"--family {name}: {did_you_mean(name, inventory.families)}")
    return name


def sweeping(asked: Asked) -> list[Line]:
    """Profiling against real speculative decoding, for one family."""
    inventory = read_inventory(asked.inventory)
    family = family_name(asked, inventory)
    return sweep.measure(inventory, asked.device, family, prompts=asked.sweep_prompts or None, progress=_say)


def apart(asked: Asked) -> list[Line]:
    """Each K timed on its own against the beginnings of longer rounds, on the smallest draft."""
    store = Store(default_root())
    family, draft = smallest_draft(read_inventory(asked.inventory))
    model = ensure_draft(family, draft, SMALL_QUANT, store, _say)
    name = f"{family.name} {draft.name} {SMALL_QUANT}"
    context = tuple(300 + index % 500 for index in range(DEPTH))  # any tokens that every model has
    with open_device(DeviceSpec(name="local", connection="local"), store.root) as device:
        return separate_k.measure(name, device, model, context, threads=asked.threads, pairs=asked.pairs)


def end_to_end(asked: Asked) -> list[Line]:
    """Speculative decoding against two engines: a family's target with its smallest draft, then all of its cells."""
    inventory = read_inventory(asked.inventory)
    name = family_name(asked, inventory)
    family, draft = smallest_draft(replace(inventory, families={name: inventory.families[name]}))
    store, sweep_of = Store(default_root()), inventory.sweep
    tool = ensure_llama_speculative(store.root, jobs=asked.jobs)
    prompts = sweep_prompts(sweep_of.prompts)
    pairing = Pairing(
        family=family,
        draft=draft,
        quant=SMALL_QUANT,
        prompts=tuple(prompts.prompts[place] for place in evenly(len(prompts.prompts), END_TO_END_PROMPTS)),
        ks=sweep_of.k,
        new_tokens=sweep_of.new_tokens,
        threads=SMALL_THREADS,
        pairs=max(asked.pairs, END_TO_END_PAIRS),
    )
    with open_device(DeviceSpec(name="local", connection="local"), store.root) as device:
        lines = against_llama_cpp(pairing, device, tool, store, _say)
        lines += against_transformers(pairing, device, store, _say)
    in_llama_cpp = every_cell.family_in_llama_cpp(inventory, name, target_file(family, store, _say), pairing.options)
    lines += every_cell.measure(
        in_llama_cpp, tool, prompts=asked.sweep_prompts or len(prompts.prompts), pairs=asked.pairs, progress=_say
    )
    return lines


def that_cannot_roll_back(asked: Asked) -> list[Line]:
    """Recurrent and hybrid drafts for one family's target."""
    inventory = read_inventory(asked.inventory)
    name = family_name(asked, inventory)
    return recurrent.measure(inventory, name, recurrent.Asked(device=asked.device), Store(default_root()), _say)


def power(asked: Asked) -> list[Line]:
    """Meters of made-up boards."""
    store, inventory = Store(default_root()), read_inventory(asked.inventory)
    family, draft = smallest_draft(inventory)
    model = ensure_draft(family, draft, SMALL_QUANT, store, _say)
    context = tuple(300 + index % 500 for index in range(DEPTH))
    name, pairs = f"{family.name} {draft.name} {SMALL_QUANT}", max(asked.pairs, SMALL_PAIRS)
    large = ensure_random_model(store, Shape())
    return [
        *power_cost.sampling(name, model, context, store.root, threads=asked.threads, pairs=pairs),
        power_cost.night(large, context, store.root, threads=asked.threads, pairs=asked.pairs),
        power_cost.energy(inventory, family_name(asked, inventory), asked.device, store, _say),
    ]


def plugin(asked: Asked) -> list[Line]:
    """The installed plugin's cost, elsewhere and in a large testbed."""
    return [
        plugin_cost.measure(pairs=max(PLUGIN_PAIRS, asked.pairs)),
        collection_cost.measure(repeats=asked.pairs),
    ]


def journal(asked: Asked) -> list[Line]:
    """What it costs to lose nothing, to hold it while a run goes on, and to rank it all."""
    repeats = asked.pairs
    return [
        *journal_cost.measure(repeats=repeats),
        replay_memory.measure(repeats=repeats),
        *rank_cost.measure(repeats=repeats),
    ]


def history(asked: Asked) -> list[Line]:
    """What it costs to look back on 1,000 runs."""
    repeats = asked.pairs
    return [
        *history_cost.measure(repeats=repeats),
        *check_cost.measure(repeats=repeats),
        compare_cost.measure(repeats=repeats),
    ]


def report(asked: Asked) -> list[Line]:
    """What it costs to look at a night."""
    return report_cost.measure(repeats=asked.pairs)


def a_fleet(asked: Asked) -> list[Line]:
    """What it costs to know all about 100 devices."""
    return fleet.measure(repeats=asked.pairs)


def cache(asked: Asked) -> list[Line]:
    """What it costs to believe nothing that is kept."""
    return [cache_cost.measure(asked.inventory.resolve().parent, repeats=asked.pairs)]


def on_boards(asked: Asked) -> list[Line]:
    """DevicePool over SSH, and two of them at once."""
    store = Store(default_root())
    family, draft = smallest_draft(read_inventory(asked.inventory))
    model = ensure_draft(family, draft, SMALL_QUANT, store, _say)
    with tempfile.TemporaryDirectory(prefix="boards-") as name:
        served, testbed = Path(name, "server"), Path(name, "testbed")
        for folder in (served, testbed):
            folder.mkdir()
        server = start_server(served)
        try:
            rig = boards.Rig(server=server, cache=store.root, say=_say)
            return [
                boards.drafting(
                    rig, f"{family.name} {draft.name} {SMALL_QUANT}", model, pairs=max(asked.pairs, SMALL_PAIRS)
                ),
                boards.start(rig, repeats=max(asked.pairs, STARTS)),
                boards.two(rig, family, testbed, pairs=asked.pairs),
            ]
        finally:
            server.stop()


PARTS: dict[str, tuple[str, Callable[[Asked], list[Line]]]] = {
    "drafting": ("Drafting: llama-bench (peer) and configspec's loop (ours)", drafting),
    "sweep": ("Profiling: real speculative decoding (peer) and configspec's profile (ours)", sweeping),
    "separate-k": ("Rounds of K: timed on their own (peer) and as beginnings of rounds of 10 (ours)", apart),
    "end-to-end": ("End to end: another engine (peer) and configspec (ours)", end_to_end),
    "recurrent": ("Drafts that cannot roll back: how wrong the prediction of real decoding is", that_cannot_roll_back),
    "power": ("Power: without a meter (peer) and with one (ours)", power),
    "plugin": ("Plugin: pytest without it (peer) and with it (ours)", plugin),
    "boards": ("DevicePool: local, cold, one by one (peer), and over SSH, warm, two at once (ours)", on_boards),
    "cache": ("Cache: the main job (peer) and the check of all that is kept for it (ours)", cache),
    "history": ("History: the fastest JSON reader (peer), and runs read for the first time and again (ours)", history),
    "report": ("Report: the bound (peer), and a page of 500 cells and 30 nights (ours)", report),
    "fleet": ("A fleet: a plain loop over the formulas (peer), and columns (ours)", a_fleet),
    "journal": ("Rows: pytest-benchmark's one file (peer), and the journal and the merge (ours)", journal),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; 0 where every bound is kept, 1 where one is missed, 2 where it could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=list(PARTS), help="default: all of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, for programs")
    parser.add_argument("--inventory", type=Path, default=ROOT / "devices.yaml")
    parser.add_argument("--device", default="local", help="of the inventory, for the sweep (default: local)")
    parser.add_argument("--family", help="for the sweep and end to end (default: the inventory's first)")
    parser.add_argument("--threads", type=int, default=processors(), help="for drafting (default: all processors)")
    parser.add_argument("--pairs", type=_at_least_five, default=5, help="quiet pairs to take (default and least: 5)")
    parser.add_argument(
        "--sweep-prompts",
        type=int,
        default=SWEEP_PROMPTS,
        metavar="N",
        help="prompts decoded for real where every configuration is run, the rest in proportion; 0: all "
        f"(default: {SWEEP_PROMPTS})",
    )
    parser.add_argument("--jobs", type=int, default=processors(), help="compilers at once (default: all processors)")
    options = vars(parser.parse_args(arguments))
    parts, out = options.pop("part") or list(PARTS), options.pop("json")
    asked = Asked(**options)
    lines: dict[str, list[Line]] = {}
    try:
        for part in dict.fromkeys(parts):
            title, measured = PARTS[part]
            lines[part] = measured(asked)
            print(f"\n{table(title, lines[part])}\n", flush=True)
    except ConfigspecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if out is not None:
        document = {part: [line.as_json() for line in found] for part, found in lines.items()}
        out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if all(line.met for found in lines.values() for line in found) else 1


def _at_least_five(text: str) -> int:
    if int(text) < 5:
        raise argparse.ArgumentTypeError("a median of fewer than 5 is not shown")
    return int(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
