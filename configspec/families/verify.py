"""Whether the models on this machine are what they should be: whole, as the hub has them or as built, compatible."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from configspec.cache import Store, doubt, is_vouched_for
from configspec.errors import UsageError
from configspec.families.build import check_label
from configspec.families.catalogue import Model
from configspec.families.gguf.gguf_facts import GgufFacts, read_facts
from configspec.families.gguf.gguf_shards import gguf_files
from configspec.families.hub.hub_cache import check_blob
from configspec.families.memory import check_fits, cpu_bytes
from configspec.families.sources.safetensors_folder import weight_sizes
from configspec.families.vocabulary import Vocabulary, compare_vocabularies, vocabulary_of_folder
from configspec.testbed.family_spec import TargetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one model: a problem, or nothing and perhaps warnings."""

    model: Model
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    facts: GgufFacts | None = None  # of a GGUF file that is whole


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of the cache: what was found of it, or nothing. `vouched` False: no hash was kept with it."""

    path: Path
    doubt: str | None
    vouched: bool


def verify_kept(store: Store) -> Iterator[KeptFile]:
    """Hold every file of the cache against the hash that is kept with it: models, targets' texts, scores.

    Raises:
        UsageError: Others may write to a folder of the cache.
    """
    for path in store.entries():
        yield KeptFile(path=path, doubt=doubt(path), vouched=is_vouched_for(path))


def verify(
    models: Sequence[Model], target: TargetSpec, memory_bytes: int | None, allow: Collection[str] = ()
) -> Iterator[Finding]:
    """Check the models of one family, each as soon as it is read.

    Args:
        models: `catalogue.models_of` the family, its target included.
        target: How the target is opened.
        memory_bytes: Of this host; None checks nothing against it.
        allow: Differences of vocabularies that are no error, `vocabulary.allow` of the family.

    """
    reference: Vocabulary | None = None
    for model in models:
        if model.state != "here":
            absent = f"{model.source} is not on this host; `configspec models pull` fetches what is on the hub"
            yield Finding(model=model, problem=None if model.state == "server" else model.problem or absent)
            continue
        try:
            facts = _read_gguf(model) if model.kind == "gguf" else None
            vocabulary = _read_folder(model) if facts is None else facts.vocabulary
            if not model.quants:  # the target, or its tokenizer
                reference = vocabulary
                warnings = _too_large(model, target, memory_bytes)
            else:
                warnings = _differences(vocabulary, reference, allow)
            yield Finding(model=model, warnings=warnings, facts=facts)
        except UsageError as problem:
            yield Finding(model=model, problem=str(problem))


def _read_gguf(model: Model) -> GgufFacts:
    """The facts of a GGUF model; a UsageError where a file of it is missing, cut short or not the hub's."""
    assert model.path is not None
    facts = read_facts(model.path)
    for quant in model.quants:
        check_label(model.label, facts, quant)
    _check_blobs(gguf_files(model.path))
    return facts


def _read_folder(model: Model) -> Vocabulary:
    """The vocabulary of a folder; the same errors."""
    assert model.path is not None
    if model.kind == "transformers":
        weight_sizes(model.path)
    _check_blobs(sorted(path for path in model.path.iterdir() if path.is_file()))
    return vocabulary_of_folder(model.path)


def _check_blobs(files: Sequence[Path]) -> None:
    for path in files:
        check_blob(path)


def _differences(draft: Vocabulary, target: Vocabulary | None, allow: Collection[str]) -> tuple[str, ...]:
    if target is None:
        return ("the target's vocabulary is not available, so the two are not compared",)
    return compare_vocabularies(draft, target, allow)


def _too_large(model: Model, target: TargetSpec, memory_bytes: int | None) -> tuple[str, ...]:
    if model.kind == "transformers":
        target = replace(target, transformers=model.path, hub=None)
    elif model.kind == "gguf":
        target = replace(target, gguf=model.path, hub=None)
    needed_bytes = cpu_bytes(target)
    problem = None if needed_bytes is None else check_fits(str(model.path), needed_bytes, memory_bytes)
    return () if problem is None else (problem,)
