"""One run of `llama-bench`: decoding speed at a depth, as llama.cpp itself measures it.

With -p 0 -n N -d D -r R it fills the context with D tokens, untimed, then decodes N tokens one by one and says how
long that took, R times. It samples nothing: the next token is drawn by rand() while the logits lie there. Ours takes
an argmax over the vocabulary, which this comparison therefore charges to us.
"""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from build_llama_bench import Tool

from configspec.errors import TestbedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """What is decoded: `tokens` one by one, after `depth` in the context, on `threads` threads, `repeats` times."""

    model: Path
    tokens: int
    depth: int
    threads: int
    repeats: int


def command(tool: Path, asked: Decoding) -> list[str]:
    """On the processor alone; the tool's own warm-up stays on."""
    return [
        *(str(tool), "-m", str(asked.model), "-o", "json", "-p", "0", "-ngl", "0"),
        *("-n", str(asked.tokens), "-d", str(asked.depth), "-t", str(asked.threads), "-r", str(asked.repeats)),
    ]


def tokens_per_s(output: str, asked: Decoding) -> float:
    """The median speed in the JSON that `llama-bench` printed, once it is certain that it did what was asked.

    Its `samples_ns` are nanoseconds for all `n_gen` tokens, one a repetition.
    """
    try:
        row = json.loads(output)[0]
        did = (row["n_prompt"], row["n_gen"], row["n_depth"], row["n_threads"], len(row["samples_ns"]))
        elapsed_s = float(statistics.median(row["samples_ns"])) * 1e-9
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise TestbedError(f"llama-bench printed no result ({error!r}):\n{output[-500:]}") from error
    wanted = (0, asked.tokens, asked.depth, asked.threads, asked.repeats)
    if did != wanted:
        raise TestbedError(f"llama-bench measured (n_prompt, n_gen, n_depth, n_threads, times) = {did}, not {wanted}.")
    return asked.tokens / elapsed_s


def measure(tool: Tool, asked: Decoding) -> float:
    """Tokens a second, the median of one fresh process."""
    line = command(tool.path, asked)
    done = subprocess.run(line, capture_output=True, text=True, env=tool.environment())
    if done.returncode:
        raise TestbedError(f"`{shlex.join(line)}` ended with {done.returncode}:\n{done.stderr[-500:]}")
    return tokens_per_s(done.stdout, asked)
