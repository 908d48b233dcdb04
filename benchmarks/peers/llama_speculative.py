"""One run of `llama-speculative-simple`: greedy speculative decoding of one prompt, as llama.cpp itself does it.

It drafts K tokens a round with --spec-draft-n-max K and the confidence threshold off (--spec-draft-p-min 0), fewer near
the end of a text (`engine_rules.py`); --spec-draft-n-min stays 0, or it would throw those shorter drafts away.

stdout is the prompt, the text and some newlines; stderr is its log. Loading and reading the prompt are not in its
seconds. It prints from a thread that it does not wait for when it ends, so on a busy machine the end of a report can be
missing; such a run is repeated.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from build_llama_bench import Tool

from configspec.errors import TestbedError

ATTEMPTS = 3
AROUND = b"\n\n"  # printed before the prompt, and twice after the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Speculation:
    """What is decoded with what; both models in one process, each on `threads` threads."""

    target: Path
    draft: Path
    k: int
    new_tokens: int
    threads: int
    context: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What it says of its run. `accepted` counts all that agreed, past the length asked for too."""

    prompt_tokens: int
    tokens: int
    seconds: float  # of decoding
    rounds: int
    drafted: int
    accepted: int
    text: bytes  # after the prompt, without an end token


def command(tool: Path, asked: Speculation, prompt: Path) -> list[str]:
    """On the processor alone, greedy as its README does it, and a log that counts rounds."""
    return [
        *(str(tool), "-m", str(asked.target), "-md", str(asked.draft), "-f", str(prompt), "--no-escape"),
        *("--spec-type", "draft-simple", "--spec-draft-n-max", str(asked.k)),
        *("--spec-draft-n-min", "0", "--spec-draft-p-min", "0"),
        *("-n", str(asked.new_tokens), "-c", str(asked.context), "-t", str(asked.threads)),
        *("--temp", "0", "--top-k", "1", "-ngl", "0", "-ngld", "0", "-fit", "off", "-lv", "4"),
    ]


def read_report(stdout: bytes, stderr: str, prompt: bytes) -> Report | None:
    """The report of one run on `prompt`; None where its end is missing.

    Raises:
        TestbedError: It is about another prompt, or contradicts itself.
    """
    encoded = re.search(r"encoded +(\d+) tokens", stderr)
    decoded = re.search(r"decoded +(\d+) tokens in .*speed: +([0-9.]+) t/s", stderr)
    drafted = re.search(r"n_drafted = (\d+)", stderr)
    accepted = re.search(r"n_accept += (\d+)", stderr)
    rounds = re.search(r"#calls\(b,g,a\) = +\d+ +\d+ +(\d+)", stderr)
    if not (encoded and decoded and drafted and accepted and rounds and stdout.endswith(2 * AROUND)):
        return None
    if not stdout.startswith(AROUND + prompt):
        raise TestbedError(f"llama-speculative-simple read another prompt than it was given: {stdout[:200]!r}")
    report = Report(
        prompt_tokens=int(encoded[1]),
        tokens=int(decoded[1]),
        seconds=int(decoded[1]) / float(decoded[2]),  # it prints seconds to the millisecond, and this to a millionth
        rounds=int(rounds[1]),
        drafted=int(drafted[1]),
        accepted=int(accepted[1]),
        text=stdout[len(AROUND + prompt) : -2 * len(AROUND)],
    )
    if report.tokens != report.accepted + report.rounds:
        raise TestbedError(f"llama-speculative-simple counts tokens that are neither accepted nor own: {report}")
    return report


def decode(tool: Tool, asked: Speculation, prompt: bytes) -> Report:
    """Run it in a fresh process."""
    with tempfile.TemporaryDirectory(prefix="speculative-") as folder:
        file = Path(folder) / "prompt.txt"
        file.write_bytes(prompt + b"\n")  # it takes one newline off
        line = command(tool.path, asked, file)
        for _ in range(ATTEMPTS):
            done = subprocess.run(line, capture_output=True, env=tool.environment())
            stderr = done.stderr.decode("utf-8", "replace")
            if done.returncode:
                raise TestbedError(f"`{shlex.join(line)}` ended with {done.returncode}:\n{stderr[-500:]}")
            report = read_report(done.stdout, stderr, prompt)
            if report is not None:
                return report
    raise TestbedError(f"`{shlex.join(line)}` ended {ATTEMPTS} times without its figures:\n{stderr[-500:]}")
