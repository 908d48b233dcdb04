"""What a board's facts may be. Its agent reports them; whoever answers in its place may report anything.

The bounds are wide: within them lies whatever a board is, and outside is what no board can be, or what no report could
show. `records/facts.py` says what each fact is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from configspec.agent.protocol import MAX_LETTERS
from configspec.agent.requests.forms import C_INT, MAX_THREADS, MOST
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts, Opened

MOST_ENTRIES = 1000  # of a list or a mapping
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "cores": (1, 2**20),
    "load_1min": (0, 1e9),
    "memory_bytes": (0, MOST),
    "temperature_c": (-273.15, 1000),
    "available_memory_bytes": (0, MOST),
    "swap_used_bytes": (0, MOST),
    "free_disk_bytes": (0, MOST),
    "loop_s": (0, 1e6),
    "parameters": (0, MOST),
    "weights_bytes": (0, MOST),
    "file_bytes": (1, MOST),
    "vocabulary": (1, 2**24),
    "trained_context": (0, C_INT),
    "context": (1, C_INT),
    "batch": (1, C_INT),
    "micro_batch": (1, C_INT),
    "threads": (1, MAX_THREADS),
    "threads_batch": (1, MAX_THREADS),
    "default_threads": (1, MAX_THREADS),
    "usable_threads": (1, 2**20),
    "layers": (0, C_INT),
    "layers_on_gpu": (0, C_INT),
    "gpu_layers": (-1, C_INT),
    "load_s": (0, 1e9),
}
_HASHES = {"file_sha256": 64, "vocabulary_sha256": 64, "board_sha256": 16}
_FACTS = (DeviceFacts, HealthFacts, ModelFacts, Opened)


def check_facts(kind: type[object], value: object) -> None:
    """Check what is to become facts of a board or of its model; another kind of reply passes.

    Raises:
        msgspec.ValidationError: A number that is out of bounds, a hash that is none, a text or a list without end.
    """
    if kind not in _FACTS or not isinstance(value, dict):
        return
    if kind is ModelFacts:
        check_facts(Opened, value.get("opened"))
    for name, fact in value.items():
        _check_size(name, fact)
        low, high = _BOUNDS.get(name, (-MOST, MOST))
        if isinstance(fact, int | float) and not low <= fact <= high:
            raise msgspec.ValidationError(f"Out of bounds, {low:g} to {high:g} - at `$.{name}`")
        digits = _HASHES.get(name)
        if digits and isinstance(fact, str) and not re.fullmatch(f"[0-9a-f]{{{digits}}}", fact):
            raise msgspec.ValidationError(f"A hash has {digits} hexadecimal digits - at `$.{name}`")


def _check_size(name: str, fact: object) -> None:
    entries: list[object] = []
    if isinstance(fact, dict):
        entries = [*fact, *fact.values()]
    elif isinstance(fact, list):
        entries = fact
    texts = [one for one in (fact, *entries) if isinstance(one, str)]
    if len(entries) > MOST_ENTRIES or any(len(text) > MAX_LETTERS for text in texts):
        bounds = f"{MOST_ENTRIES} entries of {MAX_LETTERS} letters"
        raise msgspec.ValidationError(f"Longer than {bounds} - at `$.{name}`")
