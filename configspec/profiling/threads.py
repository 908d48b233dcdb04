"""How many threads draft on a device, and whether that can be more than it runs at once."""

from __future__ import annotations

from configspec.records.facts import DeviceFacts, ModelFacts
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.flags import Flag, flag


def threads_of(settings: LlamaCppSpec, board: DeviceFacts) -> int:
    """As many as are declared, or as its agent takes: one for each of `cpus`, or as it says by itself."""
    if settings.threads is not None:
        return settings.threads
    if settings.cpus is not None:
        return min(len(settings.cpus), board.usable_threads or len(settings.cpus))
    return board.default_threads or board.cores


def flags_of_opening(draft: ModelFacts, board: DeviceFacts) -> tuple[Flag, ...]:
    """What llama.cpp did otherwise than it was asked, and what makes it slow."""
    flags: list[Flag] = []
    cpus, opened = draft.settings.get("cpus"), draft.opened
    usable = board.usable_threads or board.cores
    if isinstance(cpus, tuple):
        usable = min(usable, len(cpus))
    if draft.threads > usable:
        flags.append(flag("threads_above", threads=draft.threads, usable=usable))
    if opened is None:
        return tuple(flags)
    if opened.layers_on_gpu is not None and opened.layers is not None:
        asked = opened.layers if draft.gpu_layers < 0 else min(draft.gpu_layers, opened.layers)
        if opened.layers_on_gpu < asked:
            flags.append(flag("fewer_layers", asked=asked, offloaded=opened.layers_on_gpu, layers=opened.layers))
    if opened.locked is False:
        flags.append(flag("not_locked"))
    return tuple(flags)
