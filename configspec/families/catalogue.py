"""What an inventory's families are made of, where it comes from, and what of it is on this machine. Uses no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from configspec.errors import UsageError
from configspec.families.gguf.gguf_facts import GgufFacts, read_facts
from configspec.families.gguf.gguf_shards import gguf_bytes, gguf_files
from configspec.families.hub.hub import Hub
from configspec.families.hub.hub_cache import hub_origin
from configspec.families.hub.hub_files import choose_gguf, choose_model, choose_tokenizer, is_transformers
from configspec.families.resolve import Check, Choose, here, unchecked
from configspec.families.sources.safetensors_folder import weight_files
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec

State = Literal["here", "missing", "damaged", "server"]
Kind = Literal["transformers", "gguf", "tokenizer", "server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model, or one quantisation of it, as it is declared, and where it is.

    `quants` has one name for a GGUF file of a draft, several for a folder that is converted to each, none for a target.
    `problem`: what is wrong with it where its state is "damaged": it is there, and cannot be read.
    """

    family: str
    name: str  # "target", "tokenizer", or the draft's
    quants: tuple[str, ...]
    source: str
    state: State
    kind: Kind
    path: Path | None = None
    size_bytes: int | None = None
    problem: str | None = None

    @property
    def facts(self) -> GgufFacts | None:
        """What a GGUF file that is here says of itself; None where it is another kind, or not whole."""
        if self.kind != "gguf" or self.path is None:
            return None
        with suppress(UsageError):  # `models verify` says what is wrong
            return read_facts(self.path)
        return None

    @property
    def commit(self) -> str | None:
        """Of what is cached from the hub."""
        origin = None if self.path is None else hub_origin(self.path)
        return None if origin is None else origin.revision

    @property
    def label(self) -> str:
        """What a line about it begins with: "llama-3.1-70b 1b Q4_K_M"."""
        return " ".join((self.family, self.name, *self.quants))


def models_of(family: FamilySpec, hub: Hub, *, target: bool = True) -> Iterator[Model]:
    """The family's target (unless it is not asked for), its server's tokenizer, and its drafts."""
    if target:
        yield from _target(family, hub)
    for draft in family.drafts.values():
        yield from _draft(family, draft, hub)


def _target(family: FamilySpec, hub: Hub) -> Iterator[Model]:
    target = family.target
    entry = _Entry(family.name, "target", hub)
    if target.hub is not None:
        yield entry.gguf_of_hub(target.hub, None) if target.hub.file else entry.model_of_hub(target.hub, ())
    elif target.server is not None:
        server = target.server
        yield Model(
            family=family.name,
            name="target",
            quants=(),
            source=f"{server.model} at {server.url}",
            state="server",
            kind="server",
        )
        tokenizer = _Entry(family.name, "tokenizer", hub)
        if isinstance(server.tokenizer, HubSpec):
            yield tokenizer.tokenizer_of_hub(server.tokenizer)
        elif server.tokenizer is not None:
            yield tokenizer.folder(server.tokenizer, (), "tokenizer")
    elif target.gguf is not None:
        yield entry.gguf(target.gguf, ())
    elif target.transformers is not None:
        yield entry.folder(target.transformers, (), "transformers")


def _draft(family: FamilySpec, draft: DraftSpec, hub: Hub) -> Iterator[Model]:
    entry, quants = _Entry(family.name, draft.name, hub), family.quants_of(draft)
    if draft.safetensors is not None:
        yield entry.folder(draft.safetensors, quants, "transformers")
    elif draft.hub is None:
        yield from (entry.gguf(path, (quant,)) for quant, path in (draft.gguf or {}).items() if quant in quants)
    elif draft.hub.file is None and _is_cached_as_folder(draft.hub, hub):
        yield entry.model_of_hub(draft.hub, quants)
    else:
        yield from (entry.gguf_of_hub(draft.hub, quant) for quant in quants)


def _is_cached_as_folder(spec: HubSpec, hub: Hub) -> bool:
    with suppress(UsageError):  # a damaged cache, which is told of each of its models
        folder = hub.cached(spec)
        return folder is not None and is_transformers(hub.known_files(spec, folder))
    return False


class _Entry:
    """Makes the rows of one model."""

    def __init__(self, family: str, name: str, hub: Hub) -> None:
        self._family = family
        self._name = name
        self._hub = hub

    def folder(self, path: Path, quants: Sequence[str], kind: Kind) -> Model:
        try:
            here = path.is_dir()
            size_bytes = sum(one.stat().st_size for one in path.iterdir() if one.is_file()) if here else 0
        except OSError as problem:
            return self._damaged(quants, str(path), kind, f"{problem.filename}: {problem.strerror}")
        return self._model(quants, str(path), path if here else None, size_bytes, kind)

    def gguf(self, path: Path, quants: Sequence[str]) -> Model:
        try:
            whole = all(one.is_file() for one in gguf_files(path))
            size_bytes = gguf_bytes(path) if whole else 0
        except (OSError, UsageError) as problem:
            return self._damaged(quants, str(path), "gguf", str(problem))
        return self._model(quants, str(path), path if whole else None, size_bytes, "gguf")

    def gguf_of_hub(self, spec: HubSpec, quant: str | None) -> Model:
        quants = () if quant is None else (quant,)
        return self._of_hub(spec, quants, "gguf", lambda spec, files: choose_gguf(spec, files, quant))

    def model_of_hub(self, spec: HubSpec, quants: Sequence[str]) -> Model:
        return self._of_hub(spec, quants, "transformers", choose_model, weight_files)

    def tokenizer_of_hub(self, spec: HubSpec) -> Model:
        return self._of_hub(spec, (), "tokenizer", choose_tokenizer)

    def _of_hub(
        self, spec: HubSpec, quants: Sequence[str], kind: Kind, choose: Choose, check: Check = unchecked
    ) -> Model:
        source = " ".join(filter(None, (f"{spec.repo}@{spec.revision}", spec.file)))
        try:
            folder = self._hub.cached(spec)
            if folder is not None:
                self._hub.known_files(spec, folder)
        except UsageError as problem:
            return self._damaged(quants, source, kind, str(problem))
        path, size_bytes = None, 0
        if folder is not None:
            with suppress(UsageError):  # some of its files are not here
                _, files = here(self._hub, spec, folder, choose, check)
                path = folder / files[0] if kind == "gguf" else folder
                size_bytes = sum((folder / name).stat().st_size for name in files)
        return self._model(quants, source, path, size_bytes, kind)

    def _damaged(self, quants: Sequence[str], source: str, kind: Kind, problem: str) -> Model:
        missing = self._model(quants, source, None, 0, kind)
        return replace(missing, state="damaged", problem=problem)

    def _model(self, quants: Sequence[str], source: str, path: Path | None, size_bytes: int, kind: Kind) -> Model:
        return Model(
            family=self._family,
            name=self._name,
            quants=tuple(quants),
            source=source,
            state="missing" if path is None else "here",
            kind=kind,
            path=path,
            size_bytes=None if path is None else size_bytes,
        )
