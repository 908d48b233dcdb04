"""Hub entries of a family as far as they are cached on this machine: what `resolve` finds there, without the network.

What is missing, cut short, damaged or unreadable is None; the run that needs it fetches it, or says what is wrong. Of a
branch it is the commit that was cached last: only a run asks the hub whether the branch has moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from configspec.errors import ConfigspecError, UsageError
from configspec.families.hub.hub import Hub
from configspec.families.hub.hub_files import choose_gguf, choose_model, choose_tokenizer, is_transformers
from configspec.families.resolve import Check, Choose, here, unchecked
from configspec.families.sources.model_config import CONFIG
from configspec.families.sources.safetensors_folder import weight_files
from configspec.testbed.family_spec import DraftSpec, HubSpec, TargetSpec

_UNREADABLE = (ConfigspecError, OSError)  # a name in a listing may be too long for a path, a folder another user's


def cached_target(target: TargetSpec, hub: Hub) -> TargetSpec | None:
    """The target with a cached folder or file in place of its hub entry; a server's tokenizer too.

    None where that is not whole on this machine. A target without a hub entry is itself.
    """
    server = target.server
    if server is not None and isinstance(server.tokenizer, HubSpec):
        folder = _folder(server.tokenizer, hub, choose_tokenizer)
        return None if folder is None else replace(target, server=replace(server, tokenizer=folder))
    if target.hub is None:
        return target
    if target.hub.file is not None:
        gguf = _gguf(target.hub, None, hub)
        return None if gguf is None else replace(target, gguf=gguf, hub=None)
    folder = _folder(target.hub, hub, choose_model, weight_files)
    return None if folder is None else replace(target, transformers=folder, hub=None)


def cached_draft(draft: DraftSpec, quants: Sequence[str], hub: Hub) -> DraftSpec | None:
    """The draft with a cached folder, or the GGUF files of `quants`, in place of its hub entry.

    None where one of them is not whole on this machine. A draft without a hub entry is itself.
    """
    spec = draft.hub
    if spec is None:
        return draft
    known = _known(spec, hub)
    if known is None:
        return None
    if spec.file is None and is_transformers(known[1]):
        folder = _folder(spec, hub, choose_model, weight_files)
        return None if folder is None else replace(draft, safetensors=folder, hub=None)
    found = {quant: _gguf(spec, quant, hub) for quant in quants}
    files = {quant: path for quant, path in found.items() if path is not None}
    return replace(draft, gguf=files, hub=None) if len(files) == len(found) else None


def cached_description(spec: HubSpec, quants: Sequence[str], hub: Hub) -> Path | None:
    """The cached file that describes a draft: its config.json, or the GGUF file of the first of `quants` that is here.

    The weights need not be: of a folder that is to be converted config.json is enough, of a split file the first part.
    """
    known = _known(spec, hub)
    if known is None:
        return None
    folder, names = known
    if spec.file is None and (is_transformers(names) or not any(name.lower().endswith(".gguf") for name in names)):
        return _if_file(folder / CONFIG)
    found = (_if_file(folder / name) for name in _first_files(spec, names, quants))
    return next((path for path in found if path is not None), None)


def _first_files(spec: HubSpec, names: Sequence[str], quants: Sequence[str]) -> Iterator[str]:
    """The GGUF file of each quantisation that the repository has, of a split one the first."""
    for quant in quants:
        with suppress(UsageError):
            yield choose_gguf(spec, names, quant)[0]


def _folder(spec: HubSpec, hub: Hub, choose: Choose, check: Check = unchecked) -> Path | None:
    found = _whole(spec, hub, choose, check)
    return None if found is None else found[0]


def _gguf(spec: HubSpec, quant: str | None, hub: Hub) -> Path | None:
    found = _whole(spec, hub, lambda spec, files: choose_gguf(spec, files, quant))
    return None if found is None else found[0] / found[1][0]


def _whole(spec: HubSpec, hub: Hub, choose: Choose, check: Check = unchecked) -> tuple[Path, tuple[str, ...]] | None:
    """The cached folder with the chosen files, all of them here."""
    with suppress(*_UNREADABLE):
        folder = hub.cached(spec)
        return None if folder is None else here(hub, spec, folder, choose, check)
    return None


def _known(spec: HubSpec, hub: Hub) -> tuple[Path, tuple[str, ...]] | None:
    """The cached folder, and the files that the repository holds, here or not."""
    with suppress(*_UNREADABLE):
        folder = hub.cached(spec)
        return None if folder is None else (folder, hub.known_files(spec, folder))
    return None


def _if_file(path: Path) -> Path | None:
    with suppress(OSError):
        return path if path.is_file() else None
    return None
