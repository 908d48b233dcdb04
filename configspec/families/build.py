"""From what `devices.yaml` declares of a draft to a GGUF file that is whole and speaks the target's vocabulary.

A safetensors folder is converted to F16 once and quantised from there; both are kept in the store under a hash of all
that they depend on, so nothing is built twice and nothing stale is used. Ready GGUF files are checked where they lie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from configspec.cache import Store
from configspec.content_hash import files_sha256
from configspec.errors import UsageError, did_you_mean
from configspec.families.chat.template import template_files
from configspec.families.gguf.gguf_facts import GgufFacts, quant_names, read_facts
from configspec.families.gguf.gguf_shards import gguf_bytes
from configspec.families.gguf.quantize import check_quant, quantize
from configspec.families.llama_cpp_version import llama_cpp_version
from configspec.families.resolve import resolve_draft, resolve_target, resolve_tokenizer
from configspec.families.sources.safetensors_folder import INDEX, weight_files
from configspec.families.sources.special_tokens import GENERATION
from configspec.families.vocabulary import Vocabulary, compare_vocabularies, vocabulary_of_folder
from configspec.progress import Notice, Progress
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec

F16 = "F16"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltDraft:
    """One draft in one quantisation, checked."""

    draft: str
    quant: str
    path: Path
    size_bytes: int


def source_sha256(folder: Path) -> str:
    """One hash of the files of a transformers folder that a conversion reads."""
    required = [folder / "config.json", folder / "tokenizer.json", *weight_files(folder)]
    for path in required:
        if not path.is_file():
            raise UsageError(f"{path} does not exist; converting {folder} needs it. Copy the model folder again.")
    beside = ("tokenizer_config.json", "special_tokens_map.json", GENERATION, INDEX)
    optional = [*(folder / name for name in beside), *template_files(folder)]
    return files_sha256([*required, *(path for path in optional if path.is_file())])


def ensure_draft(family: FamilySpec, draft: DraftSpec, quant: str, store: Store, progress: Progress) -> Path:
    """The GGUF file of one draft in one quantisation: built where it is declared as a folder, and checked.

    What is still on the hub is fetched; of a target that transformers runs, the tokenizer only.

    Args:
        family: The family, whose target's vocabulary the draft must share.
        draft: One of its drafts.
        quant: A quantisation by llama.cpp's name, such as "Q4_K_M".
        store: Where built files are kept.
        progress: Called with what is being built, and every warning.

    """
    draft = resolve_draft(family.name, draft, (quant,), progress)
    return _builder(family, store, progress).ensure(draft, quant)


def built_draft(folder: Path, quant: str, store: Store) -> Path | None:
    """The file that was built earlier of a safetensors folder; None where there is none.

    Raises:
        UsageError: The folder is not whole, or what would build is not installed.
    """
    key = _built_key(source_sha256(folder), quant)
    return store.root / "gguf" / f"{key}.gguf" if store.has("gguf", key, ".gguf") else None


def ensure_family(family: FamilySpec, store: Store, progress: Progress) -> Iterator[BuiltDraft]:
    """Every draft of a family in every quantisation, each as soon as it is ready."""
    builder = _builder(family, store, progress)
    for declared in family.drafts.values():
        quants = family.quants_of(declared)
        draft = resolve_draft(family.name, declared, quants, progress)
        for quant in quants:
            path = builder.ensure(draft, quant)
            yield BuiltDraft(draft=draft.name, quant=quant, path=path, size_bytes=gguf_bytes(path))


def target_vocabulary(family: FamilySpec, progress: Progress) -> Vocabulary | None:
    """What the target's ids mean; None for a server whose tokenizer is not declared."""
    target = family.target
    tokenizer: Path | HubSpec | None = target.server.tokenizer if target.server else target.transformers
    if target.hub is not None and target.hub.file is None:
        tokenizer = target.hub
    if isinstance(tokenizer, HubSpec):
        tokenizer = resolve_tokenizer(family.name, tokenizer, progress)
    if tokenizer is not None:
        return vocabulary_of_folder(tokenizer)
    gguf = resolve_target(family.name, target, progress).gguf
    return None if gguf is None else read_facts(gguf).vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    """Makes the GGUF files of one family's drafts, whose target has the vocabulary `target`, if it is known."""

    family: str
    target: Vocabulary | None
    allow: tuple[str, ...]  # differences of vocabularies
    store: Store
    progress: Progress

    def ensure(self, draft: DraftSpec, quant: str) -> Path:
        name = f"{self.family}/{draft.name}"
        path = self._built(name, draft.safetensors, quant) if draft.safetensors else _ready(name, draft, quant)
        facts = read_facts(path)
        check_label(name, facts, quant)
        for warning in (*_differences(facts, self.target, self.allow), *_fallbacks(facts, quant)):
            self.progress(Notice(f"{name}: warning: {warning}"))
        return path

    def _built(self, name: str, folder: Path, quant: str) -> Path:
        source = source_sha256(folder)
        f16 = partial(self._f16, name, folder, source)
        if quant == F16:
            return f16()
        key = _built_key(source, quant)

        def build(out: Path) -> None:
            check_quant(quant)  # before minutes are spent on converting
            whole = f16()
            self.progress(f"{name}: quantising to {quant}")
            quantize(whole, out, quant)
            read_facts(out)  # on a full disk llama.cpp may report success after half a file

        return self.store.ensure("gguf", key, ".gguf", build)

    def _f16(self, name: str, folder: Path, source: str) -> Path:
        def build(out: Path) -> None:
            from configspec.families.gguf.gguf_writer import write_gguf

            self.progress(f"{name}: converting {folder} to {F16}")
            write_gguf(folder, out)

        return self.store.ensure("gguf", _built_key(source, F16), ".gguf", build)


def _builder(family: FamilySpec, store: Store, progress: Progress) -> _Builder:
    return _Builder(
        family=family.name,
        target=target_vocabulary(family, progress),
        allow=family.vocabulary.allow,
        store=store,
        progress=progress,
    )


def _differences(facts: GgufFacts, target: Vocabulary | None, allow: tuple[str, ...]) -> tuple[str, ...]:
    if target is None:
        return (
            f"{facts.path} is not known to share the target's vocabulary: name the server's `tokenizer` in "
            "devices.yaml to have the two compared",
        )
    return compare_vocabularies(facts.vocabulary, target, allow)


def _fallbacks(facts: GgufFacts, quant: str) -> tuple[str, ...]:
    if not facts.fallbacks:
        return ()
    return (
        f"{facts.path} is named {quant}, but holds {', '.join(facts.fallbacks)} too: "
        "llama.cpp's K-quants need rows of a multiple of 256",
    )


def _ready(name: str, draft: DraftSpec, quant: str) -> Path:
    files = draft.gguf or {}
    if quant not in files:
        raise UsageError(f"The draft {name} has no GGUF file for {quant!r}. {did_you_mean(quant, files)}")
    return files[quant]


def check_label(name: str, facts: GgufFacts, quant: str) -> None:
    """A UsageError where a file holds another llama.cpp quantisation than the one it was declared as.

    Labels ("UD-Q4_K_XL") are the file maker's own, and the header has no word for them.
    """
    if facts.quant != quant and {facts.quant, quant} <= quant_names():
        raise UsageError(
            f"{facts.path} is declared as the {quant} of {name}, but its header says {facts.quant}. Correct the name "
            "in devices.yaml, or the file."
        )


def _built_key(source: str, quant: str) -> str:
    """What a built file depends on: llama.cpp only quantises, so that F16 is the same of every version."""
    by = () if quant == F16 else (llama_cpp_version("Quantising"),)
    return _key(source, str(_writer_version()), *by, quant)


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _writer_version() -> int:
    try:
        from configspec.families.gguf.gguf_writer import WRITER_VERSION
    except ImportError as error:
        raise UsageError(
            f"Converting to GGUF needs the gguf package ({error}): pip install 'configspec[llama]'."
        ) from None
    return WRITER_VERSION
