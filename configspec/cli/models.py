"""`configspec models`: what the families of an inventory are made of, fetched, checked and built."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.all_problems import raise_all
from configspec.cli.command import Commands, add_command
from configspec.cli.output import goes_to_a_terminal, say, say_json, say_text
from configspec.errors import ConfigspecError

if TYPE_CHECKING:
    from configspec.families.catalogue import Model
    from configspec.families.verify import Finding
    from configspec.testbed.family_spec import DraftSpec, FamilySpec

DEFAULT_INVENTORY = Path("devices.yaml")
WIDTH = 160  # of the table where it is not on a terminal


def add_models(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its parts."""
    models = add_command(
        commands,
        "models",
        "list, fetch, check, build and distribute models",
        "List, fetch, check, build and distribute the draft models and targets that devices.yaml names.",
        "configspec models list\nconfigspec models push rpi5",
    )
    parts = models.add_subparsers(metavar="COMMAND", required=True)
    shown = add_command(
        parts,
        "list",
        "list each family's models, where they come from, and which are on this host",
        "List each family's target and draft models: where each comes from, whether it is on this host, and its size. "
        "Exits with 1 if one is damaged.",
        "configspec models list --family 'llama*' --format json",
    )
    shown.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    _add_choice(shown, _list)
    pulled = add_command(
        parts,
        "pull",
        "fetch models from the hub that are not on this host",
        "Fetch the models that devices.yaml takes from the Hugging Face hub and that are not in this host's cache. "
        "With --draft only drafts are fetched.",
        "configspec models pull --family qwen3-32b",
    )
    _add_choice(pulled, _pull)
    verified = add_command(
        parts,
        "verify",
        "check that files are complete and vocabularies agree",
        "Check each model: whether its files are complete, its draft's vocabulary is the target's, and its weights fit "
        "into this host's memory. Check each file of the cache against its hash. Exits with 1 if "
        "a model or a file is bad.",
        "configspec models verify",
    )
    _add_choice(verified, _verify)
    built = add_command(
        parts,
        "build",
        "convert and quantise every draft of the inventory into the cache",
        "Convert every draft to GGUF and quantise it, into this host's cache. Existing files are not built again.",
        "configspec models build --quant Q4_K_M",
    )
    _add_choice(built, _build)
    pushed = add_command(
        parts,
        "push",
        "copy missing drafts to the model folders of devices",
        "Copy the drafts to the model folder of each device, building or fetching them first. A file that already "
        "exists there with the same hash is left alone; one that differs is an error, unless --replace is given.",
        "configspec models push rpi5 --draft xs",
    )
    pushed.add_argument("device", nargs="+", metavar="DEVICE", help="name, tag or glob of a device")
    pushed.add_argument("--replace", action="store_true", help="overwrite different files of the same names")
    _add_choice(pushed, _push)


def _add_choice(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    """What every part takes: the inventory, and which of its families, drafts and quantisations."""
    command.add_argument(
        "--inventory", type=Path, default=DEFAULT_INVENTORY, metavar="FILE", help=f"default: {DEFAULT_INVENTORY}"
    )
    for flag, of in (("--family", "family"), ("--draft", "draft; leaves targets out"), ("--quant", "quantisation")):
        command.add_argument(flag, action="append", metavar="NAME", help=f"name or glob of a {of}; repeatable")
    command.set_defaults(run=run)


def _families(asked: argparse.Namespace) -> list[FamilySpec]:
    """The families that are asked for, with the drafts and quantisations that are."""
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_names

    inventory = read_inventory(asked.inventory)
    families = [inventory.families[name] for name in select_names("family", inventory.families, asked.family or ())]
    drafts = select_names("draft", dict.fromkeys(name for one in families for name in one.drafts), asked.draft or ())
    quants = select_names(
        "quant", dict.fromkeys(name for one in families for name in one.all_quants), asked.quant or ()
    )
    narrowed = [replace(one, drafts=_narrowed(one, drafts, quants)) for one in families]
    return [one for one in narrowed if one.drafts]


def _narrowed(family: FamilySpec, names: Sequence[str], quants: Sequence[str]) -> dict[str, DraftSpec]:
    """The drafts of these names, each with those of its quantisations."""
    own = {name: family.quants_of(draft) for name, draft in family.drafts.items() if name in names}
    kept = {name: tuple(quant for quant in of_draft if quant in quants) for name, of_draft in own.items()}
    return {name: replace(family.drafts[name], quants=of_draft) for name, of_draft in kept.items() if of_draft}


def _list(asked: argparse.Namespace) -> int:
    from configspec.families.catalogue import models_of
    from configspec.families.hub.hub import Hub

    models = [one for family in _families(asked) for one in models_of(family, Hub(), target=not asked.draft)]
    if asked.format == "json":
        say_json([_as_json(one) for one in models])
    else:
        _print_table(models)
    return 1 if any(one.state == "damaged" for one in models) else 0


def _as_json(model: Model) -> dict[str, object]:
    facts = model.facts
    return {
        "family": model.family,
        "model": model.name,
        "quants": list(model.quants),
        "kind": model.kind,
        "source": model.source,
        "state": model.state,
        "commit": model.commit,
        "size_bytes": model.size_bytes,
        "tensor_types": None if facts is None else dict(facts.tensor_types),
        "path": None if model.path is None else str(model.path),
        "problem": model.problem,
    }


def _print_table(models: list[Model]) -> None:
    from configspec.reporting.terminal_tables import folded_table
    from configspec.theory.sizes import shown_bytes

    titles = ("family", "model", "quant", "state", "size", "tensors", "from")
    rows = []
    for one in models:
        size, facts = "-" if one.size_bytes is None else shown_bytes(one.size_bytes), one.facts
        tensors = "-" if facts is None else facts.types_in_words
        what = one.problem or one.source
        rows.append((one.family, one.name, ", ".join(one.quants) or "-", one.state, size, tensors, what))
    say_text(folded_table(titles, rows, None if goes_to_a_terminal() else WIDTH, right="size"))


def _pull(asked: argparse.Namespace) -> int:
    """Fetch everything that can be fetched, even where some fail."""
    from configspec.families.catalogue import models_of
    from configspec.families.hub.hub import Hub
    from configspec.families.resolve import resolve_draft, resolve_target
    from configspec.theory.sizes import shown_bytes

    hub, problems, fetched = Hub(), list[ConfigspecError](), False
    for family in _families(asked):
        steps: list[Callable[[], object]] = [
            partial(resolve_draft, family.name, draft, family.quants_of(draft), _say, hub=hub)
            for draft in family.drafts.values()
        ]
        if not asked.draft:
            steps.append(partial(resolve_target, family.name, family.target, _say, hub=hub))
        for step in steps:
            try:
                step()
            except ConfigspecError as problem:
                problems.append(problem)
        for one in models_of(family, hub, target=not asked.draft):
            if one.commit is not None and one.size_bytes is not None:
                fetched = True
                say(f"{one.label}: {shown_bytes(one.size_bytes)} {one.path}")
    raise_all(problems)
    if not fetched:
        say("Nothing to fetch: no model of these families is on the hub.")
    return 0


def _verify(asked: argparse.Namespace) -> int:
    from configspec.families.catalogue import models_of
    from configspec.families.hub.hub import Hub
    from configspec.families.memory import host_memory_bytes
    from configspec.families.verify import verify

    bad = False
    for family in _families(asked):
        models = tuple(models_of(family, Hub()))
        for found in verify(models, family.target, host_memory_bytes(), family.vocabulary.allow):
            model = found.model
            verdict = "bad" if found.problem else "not checked" if model.state == "server" else "ok"
            say(f"{model.label}: {verdict}: {found.problem or model.path or model.source}{_tensors(found)}")
            for warning in found.warnings:
                say(f"{model.label}: warning: {warning}")
            bad |= found.problem is not None
    bad |= _verify_cache()
    return 1 if bad else 0


def _tensors(found: Finding) -> str:
    return "" if found.facts is None else f" ({found.facts.types_in_words})"


def _verify_cache() -> bool:
    """Whether something that is kept is damaged."""
    from configspec.cache import Store, default_root
    from configspec.families.verify import verify_kept

    store, good, bad = Store(default_root()), 0, False
    for kept in verify_kept(store):
        if kept.doubt is None:
            good += 1
        elif kept.vouched:
            bad = True
            say(f"cache: bad: {kept.path}: {kept.doubt}. What needs it builds it anew; or delete it.")
        else:
            say(f"cache: warning: {kept.path}: {kept.doubt}. What needs it builds it anew.")
    if good:
        say(f"cache: ok: {good} files in {store.root}")
    return bad


def _build(asked: argparse.Namespace) -> int:
    """Build every draft that can be built, even where some fail."""
    from configspec.cache import Store, default_root
    from configspec.families.build import ensure_family
    from configspec.theory.sizes import shown_bytes

    store, problems = Store(default_root()), list[ConfigspecError]()
    for family in _families(asked):
        count = sum(len(family.quants_of(draft)) for draft in family.drafts.values())
        done = 0
        for name, draft in family.drafts.items():
            alone = replace(family, drafts={name: draft})
            try:
                for number, built in enumerate(ensure_family(alone, store, _say), done + 1):
                    size = shown_bytes(built.size_bytes)
                    say(f"{family.name} [{number}/{count}] {built.draft} {built.quant}: {size} {built.path}")
            except ConfigspecError as problem:
                problems.append(problem)
            done += len(family.quants_of(draft))
    raise_all(problems)
    return 0


def _push(asked: argparse.Namespace) -> int:
    from configspec.cli.push import push_models
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_devices

    devices = select_devices(read_inventory(asked.inventory), asked.device)
    push_models(devices, _families(asked), overwrite=asked.replace)
    return 0


def _say(text: str) -> None:
    say(f"  {text}")
