"""What to paste, to serve what was chosen: the arguments of llama.cpp's programs, and vLLM's speculative configuration.

https://docs.vllm.ai/en/latest/features/speculative_decoding/draft_model/
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from configspec.records.facts import Asked
from configspec.records.setup import DeviceSetup, SetupPart
from configspec.reporting.document import Block, Notes, Section
from configspec.selection.ranking import Ranking
from configspec.targets.server.llama_server_flags import NEWEST, PROGRAM, SPELLINGS, Spelling
from configspec.theory.ids import CHAIN, ConfigurationId

HEADING = "to serve what was chosen"
TARGET = "TARGET.gguf"
# Settings that llama-server has for the draft alone, since 2024 and now (common/arg.cpp). Others are the target's too.
OF_DRAFT = {
    "threads_batch": "-tbd",
    "devices": "-devd",
    "cpu_moe_layers": "-ncmoed",
    "cache_type_k": "-ctkd",
    "cache_type_v": "-ctvd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One chosen configuration, for whom it is the best."""

    id: ConfigurationId
    objectives: tuple[str, ...]
    threads: int | None  # None: not known
    gpu_layers: int | None
    settings: Mapping[str, Asked] = field(default_factory=dict)  # the others that are not left to llama.cpp

    def llama_server(self, spelling: Spelling) -> tuple[str, ...]:
        """The program with its arguments, in the words of some builds."""
        layers = () if self.gpu_layers is None else ("-ngld", str(self.gpu_layers))
        threads = () if self.threads is None else ("-td", str(self.threads))
        draft = f"{self.id.draft}-{self.id.quant}.gguf"
        others = tuple(word for name, flag in OF_DRAFT.items() for word in self._option(flag, self.settings.get(name)))
        return (PROGRAM, "-m", TARGET, "-md", draft, *spelling.arguments(self.id.k), *layers, *threads, *others)

    def _option(self, flag: str, value: Asked | None) -> tuple[str, ...]:
        if value is None:
            return ()
        return flag, ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

    def vllm(self) -> dict[str, object]:
        """The value of `--speculative-config`."""
        return {"method": "draft_model", "model": self.id.draft, "num_speculative_tokens": self.id.k}


def launches(
    rankings: Sequence[Ranking], parts: Iterable[tuple[ConfigurationId, Iterable[tuple[str, SetupPart]]]]
) -> tuple[Launch, ...]:
    """The best of each device, family and objective, each configuration once.

    Args:
        rankings: What was chosen.
        parts: Of each row its configuration and the parts of its setup, which say how the draft was opened.
    """
    chosen: dict[ConfigurationId, list[str]] = {}
    for ranking in rankings:
        for choice in ranking.choices[:1]:
            if choice.configuration.id.drafter.algorithm == CHAIN:
                chosen.setdefault(choice.configuration.id, []).append(ranking.objective.name)
    cells = {one.cell for one in chosen}
    setups = {
        one.cell: part
        for one, named in parts
        if one.cell in cells
        for _, part in named
        if isinstance(part, DeviceSetup)
    }
    return tuple(
        Launch(
            id=one, objectives=tuple(names), threads=how.threads, gpu_layers=how.gpu_layers, settings=dict(how.settings)
        )
        for one, names in chosen.items()
        for how in (setups.get(one.cell) or DeviceSetup(),)  # all K of a cell are opened in the same way
    )


def launch_section(found: Sequence[Launch], installed: Spelling | None) -> Section | None:
    """A few lines for each; None where nothing was chosen. `installed` is what the program on this host takes."""
    if not found:
        return None
    spelling = installed or NEWEST
    unasked = f"{spelling.builds} (no {PROGRAM} on this host's PATH says what it takes)"
    whose = f"the {PROGRAM} on this host" if installed else unasked
    notes = (
        f"the arguments are those of {whose}",
        *(f"{one.builds} takes: {' '.join(one.words).format(k='K')}" for one in _others(spelling)),
    )
    summary = "TARGET and the draft's name stand for your files, or for models of the hub"
    blocks: tuple[Block, ...] = (*(_launch(one, spelling) for one in found), Notes(lines=notes))
    return Section(heading=HEADING, summary=summary, blocks=blocks)


def launches_json(found: Sequence[Launch], installed: Spelling | None) -> list[dict[str, object]]:
    """The same as plain JSON; `checked`: by the help of the program on this host."""
    spelling = installed or NEWEST
    return [
        {
            **{"device": one.id.device, "family": one.id.family, "draft": one.id.draft, "quant": one.id.quant},
            **{
                "settings": dict(one.id.cell.settings),
                "k": one.id.k,
                "objectives": list(one.objectives),
                "checked": installed is not None,
            },
            "llama_server": {each.name: list(one.llama_server(each)) for each in (spelling, *_others(spelling))},
            "vllm_speculative_config": one.vllm(),
        }
        for one in found
    ]


def _others(spelling: Spelling) -> tuple[Spelling, ...]:
    return tuple(one for one in SPELLINGS if one != spelling)


def _launch(one: Launch, spelling: Spelling) -> Section:
    it = one.id
    heading = f"{it.device}, {it.family}: {it.cell.drafter_words} K={it.k}, best by {', '.join(one.objectives)}"
    vllm = f"--speculative-config {shlex.quote(json.dumps(one.vllm()))}"
    return Section(
        heading=heading, blocks=(Notes(lines=(_line(one.llama_server(spelling)), f"vllm serve TARGET {vllm}")),)
    )


def _line(words: Iterable[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)
