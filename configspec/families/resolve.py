"""Hub entries of a family -> files on this machine: only what is needed and missing.

A pinned revision that is cached needs no network. Any other is asked for its commit; where the hub cannot be reached,
what is cached of it is used. The commit that was used is in the path: `hub_cache.hub_origin` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.hub.hub import Hub
from configspec.families.hub.hub_cache import is_pinned
from configspec.families.hub.hub_files import choose_gguf, choose_model, choose_tokenizer, is_transformers
from configspec.families.sources.safetensors_folder import weight_files
from configspec.progress import Progress
from configspec.testbed.family_spec import DraftSpec, HubSpec, TargetSpec

Choose = Callable[[HubSpec, Sequence[str]], tuple[str, ...]]  # the model's files, of a repository's
Check = Callable[[Path], object]  # a UsageError where the folder is not whole


def unchecked(folder: Path) -> None:
    """Nothing to check: the chosen names are all there is to it."""


def resolve_target(family: str, target: TargetSpec, progress: Progress, *, hub: Hub | None = None) -> TargetSpec:
    """The target with a local folder or file in place of its hub entry; a server's tokenizer too."""
    source = _Source(f"{family}/target", hub or Hub(), progress)
    server = target.server
    if server is not None and isinstance(server.tokenizer, HubSpec):
        return replace(target, server=replace(server, tokenizer=source.tokenizer(server.tokenizer)))
    if target.hub is None:
        return target
    if target.hub.file is not None:
        return replace(target, gguf=source.gguf(target.hub, None), hub=None)
    return replace(target, transformers=source.model(target.hub), hub=None)


def resolve_draft(
    family: str, draft: DraftSpec, quants: Sequence[str], progress: Progress, *, hub: Hub | None = None
) -> DraftSpec:
    """The draft with a safetensors folder or the GGUF files of `quants` in place of its hub entry."""
    if draft.hub is None:
        return draft
    source = _Source(f"{family}/{draft.name}", hub or Hub(), progress)
    if source.is_converted(draft.hub):
        return replace(draft, safetensors=source.model(draft.hub), hub=None)
    spec = draft.hub
    return replace(draft, gguf={quant: source.gguf(spec, quant) for quant in quants}, hub=None)


def resolve_tokenizer(family: str, spec: HubSpec, progress: Progress, *, hub: Hub | None = None) -> Path:
    """A folder with the tokenizer of a repository, and without its weights."""
    return _Source(f"{family}/tokenizer", hub or Hub(), progress).tokenizer(spec)


class _Source:
    """Fetches one model's files; `name` is what progress calls it."""

    def __init__(self, name: str, hub: Hub, progress: Progress) -> None:
        self._name = name
        self._hub = hub
        self._progress = progress

    def model(self, spec: HubSpec) -> Path:
        return self._bring(spec, choose_model, weight_files)[0]

    def tokenizer(self, spec: HubSpec) -> Path:
        return self._bring(spec, choose_tokenizer)[0]

    def gguf(self, spec: HubSpec, quant: str | None) -> Path:
        folder, files = self._bring(spec, lambda spec, files: choose_gguf(spec, files, quant))
        return folder / files[0]

    def is_converted(self, spec: HubSpec) -> bool:
        """Whether a draft is to be converted here: no file is named, and the repository holds safetensors."""
        if spec.file is not None:
            return False
        cached = self._hub.cached(spec) if is_pinned(spec) else None
        files = () if cached is None else self._hub.known_files(spec, cached)
        if not any(name.endswith((".safetensors", ".gguf")) for name in files):
            files = self._hub.listing(spec).files
        return is_transformers(files)

    def _bring(self, spec: HubSpec, choose: Choose, check: Check = unchecked) -> tuple[Path, tuple[str, ...]]:
        """The folder and the chosen files in it."""
        cached = self._hub.cached(spec)
        if cached is not None and is_pinned(spec):
            with suppress(UsageError):
                return here(self._hub, spec, cached, choose, check)
        listing = self._hub.listing(spec)
        if listing.unreachable is not None and cached is not None:
            try:
                return here(self._hub, spec, cached, choose, check)
            except UsageError:
                raise listing.unreachable from None
        chosen = choose(spec, listing.files)
        if cached is None or cached.name != listing.commit or not all((cached / name).is_file() for name in chosen):
            self._progress(f"{self._name}: fetching {len(chosen)} files of {spec.repo} at {listing.commit}")
        folder = self._hub.fetch(spec, chosen)
        check(folder)
        return folder, chosen


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file system takes
        return False


def here(hub: Hub, spec: HubSpec, folder: Path, choose: Choose, check: Check) -> tuple[Path, tuple[str, ...]]:
    """The chosen files of a cached folder; a UsageError where it does not hold them all."""
    chosen = choose(spec, hub.known_files(spec, folder))
    if not all(_is_file(folder / name) for name in chosen):
        raise UsageError(f"{spec.repo}@{spec.revision} is incomplete on this machine. Run `configspec models pull`.")
    check(folder)
    return folder, chosen
