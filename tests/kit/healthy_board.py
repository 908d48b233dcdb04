"""How a board is that nothing is wrong with."""

from __future__ import annotations

from configspec.records.facts import HealthFacts

WELL = HealthFacts(
    temperature_c=48.5,
    temperature_zone="tj-thermal",
    temperature_reason=None,
    power_mode="MAXN",
    power_mode_reason=None,
    governor="performance",
    governor_reason=None,
    throttling=(),
    throttling_reason=None,
    available_memory_bytes=6_000_000_000,
    swap_used_bytes=0,
    memory_reason=None,
    free_disk_bytes=20_000_000_000,
    free_disk_reason=None,
    load_1min=0.2,
    load_reason=None,
    loop_s=0.02,
    board_sha256="0123456789abcdef",
    board_reason=None,
)
