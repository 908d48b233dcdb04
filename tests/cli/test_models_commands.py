"""`configspec models` on models that lie in folders; those of the hub: tests/families/hub."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from damage import civil

pytest.importorskip("gguf")

from configspec.cli import main

ROOT = Path(__file__).parents[2]
INVENTORY = """
devices: {host: {connection: local}}
families:
  a:
    target: {transformers: target}
    drafts: {xs: xs, ready: {gguf: {F16: ready.gguf}}}
    quants: [F16]
  b:
    target: {openai: "http://127.0.0.1:9/v1", model: big, tokenizer: {transformers: target}}
    drafts: {xs: xs}
    quants: [F16, Q8_0]
"""


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two families of copies of the small models, and a cache of its own."""
    from configspec.families.gguf.gguf_writer import write_gguf

    for name in ("target", "xs"):
        shutil.copytree(ROOT / "fixtures" / "models" / "tiny-llama" / name, tmp_path / name)
    write_gguf(tmp_path / "xs", tmp_path / "ready.gguf")
    (tmp_path / "devices.yaml").write_text(INVENTORY)
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))
    return str(tmp_path / "devices.yaml")


def models(inventory: str, *command: str) -> int:
    return main(["models", *command, "--inventory", inventory])


def test_the_list_names_every_model(inventory, capsys):
    """A folder that is converted has all its quantisations in one row, a server no size."""
    assert models(inventory, "list", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(one["family"], one["model"], one["quants"], one["state"]) for one in rows] == [
        ("a", "target", [], "here"),
        ("a", "xs", ["F16"], "here"),
        ("a", "ready", ["F16"], "here"),
        ("b", "target", [], "server"),
        ("b", "tokenizer", [], "here"),
        ("b", "xs", ["F16", "Q8_0"], "here"),
    ]
    assert rows[2]["size_bytes"] == Path(rows[2]["path"]).stat().st_size
    assert rows[3]["size_bytes"] is None
    assert [one["tensor_types"] for one in rows] == [None, None, {"F16": 8, "F32": 3}, None, None, None]


def test_the_list_is_a_table_for_people(inventory, capsys):
    """One line a row, in the same order."""
    assert models(inventory, "list", "--family", "b") == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title.split() == ["family", "model", "quant", "state", "size", "tensors", "from"]
    assert [line.split()[:2] for line in lines] == [["b", "target"], ["b", "tokenizer"], ["b", "xs"]]
    assert lines[0].split()[2:] == ["-", "server", "-", "-", "big", "at", "http://127.0.0.1:9/v1"]


def test_filters_leave_out_what_was_not_asked_for(inventory, capsys):
    """By family, draft and quantisation; a draft's name leaves the targets out."""
    assert models(inventory, "list", "--draft", "x*", "--quant", "Q8_0", "--format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["family"], row["model"], row["quants"]) == ("b", "xs", ["Q8_0"])


@pytest.mark.parametrize("command", ["list", "pull", "verify", "build", "push host"])
@pytest.mark.parametrize("flag", ["--family", "--draft", "--quant"])
def test_a_filter_that_matches_nothing_ends_with_2(inventory, capsys, command, flag):
    """With what there is."""
    assert models(inventory, *command.split(), flag, "zz") == 2
    assert "matches 'zz'. Known: " in capsys.readouterr().err


def test_whole_models_of_one_vocabulary_are_ok(inventory, capsys):
    """One line each; what a server runs is not checked."""
    assert models(inventory, "verify") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["a target", "ok"],
        ["a xs F16", "ok"],
        ["a ready F16", "ok"],
        ["b target", "not checked"],
        ["b tokenizer", "ok"],
        ["b xs F16 Q8_0", "ok"],
    ]


def test_what_is_wrong_is_bad_and_the_rest_is_checked(inventory, tmp_path, capsys):
    """A file cut short, and a draft of another vocabulary: two lines, exit 1."""
    ready = tmp_path / "ready.gguf"
    ready.write_bytes(ready.read_bytes()[:-100])
    raw = json.loads((tmp_path / "xs" / "tokenizer.json").read_text())
    vocabulary = raw["model"]["vocab"]
    first, second = list(vocabulary)[-2:]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (tmp_path / "xs" / "tokenizer.json").write_text(json.dumps(raw))
    assert models(inventory, "verify", "--family", "a") == 1
    target, xs, cut = capsys.readouterr().out.splitlines()
    assert target.startswith("a target: ok: ")
    assert xs.startswith("a xs F16: bad: ")
    assert "do not share a vocabulary" in xs
    assert cut.startswith("a ready F16: bad: ")
    assert "is damaged or was not copied whole" in cut


def test_a_bad_target_does_not_hide_its_drafts(inventory, tmp_path, capsys):
    """They are whole; only the comparison is missing, and that is said."""
    weights = tmp_path / "target" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert models(inventory, "verify", "--family", "a", "--draft", "xs") == 1
    target, xs, warning = capsys.readouterr().out.splitlines()
    assert target.startswith("a target: bad: ")
    assert xs.startswith("a xs F16: ok: ")
    assert warning.startswith("a xs F16: warning: the target's vocabulary is not available")


def test_a_draft_that_cannot_be_built_does_not_stop_the_others(inventory, tmp_path, capsys):
    """One file cut short: its message at the end, and all else is built."""
    ready = tmp_path / "ready.gguf"
    ready.write_bytes(ready.read_bytes()[:-100])
    text = (
        Path(inventory)
        .read_text()
        .replace("{xs: xs, ready: {gguf: {F16: ready.gguf}}}", "{ready: {gguf: {F16: ready.gguf}}, xs: xs}")
    )
    Path(inventory).write_text(text)
    assert models(inventory, "build", "--quant", "F16") == 2
    told = capsys.readouterr()
    assert re.findall(r"^(\w \[\d/\d\] xs F16): ", told.out, re.MULTILINE) == ["a [2/2] xs F16", "b [1/1] xs F16"]
    assert f"{ready} is damaged or was not copied whole" in told.err


def test_without_hub_entries_there_is_nothing_to_pull(inventory, capsys):
    """Which is no error."""
    assert models(inventory, "pull") == 0
    assert "Nothing to fetch" in capsys.readouterr().out


def flip(path: Path, count: int = 200) -> None:
    """Bits of the weights, the file's size and time as before."""
    state, content = path.stat(), bytearray(path.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + count):
        content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_a_built_file_with_flipped_bits_is_bad_and_the_next_build_makes_it_anew(inventory, tmp_path, capsys):
    """A header tells nothing of its weights; the hash that is kept with the file does."""
    only = ("--family", "a", "--draft", "xs")
    assert models(inventory, "build", *only) == 0
    (built,) = (tmp_path / "cache" / "gguf").glob("*.gguf")
    whole = built.read_bytes()
    assert models(inventory, "verify", *only) == 0
    assert f"cache: ok: 1 files in {tmp_path / 'cache'}" in capsys.readouterr().out
    flip(built)
    assert models(inventory, "verify", *only) == 1
    assert f"cache: bad: {built}: it is not what was built" in capsys.readouterr().out
    assert models(inventory, "build", *only) == 0
    told = capsys.readouterr()
    assert "converting" in told.out
    assert told.err.startswith(f"configspec: {built}: it is not what was built")
    assert built.read_bytes() == whole
    assert models(inventory, "verify", *only) == 0


def test_a_file_of_an_older_configspec_is_a_warning(inventory, tmp_path, capsys):
    """Nothing vouches for it, so it is built anew when it is needed; it need not be bad."""
    assert models(inventory, "build", "--family", "a", "--draft", "xs") == 0
    (seal,) = (tmp_path / "cache" / "gguf").glob("*.sha256")
    seal.unlink()
    assert models(inventory, "verify") == 0
    assert f"cache: warning: {seal.with_suffix('')}: no hash is kept with it" in capsys.readouterr().out


def test_a_cache_to_which_others_may_write_is_refused(inventory, tmp_path, capsys):
    """Before anything is taken from it or put into it."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    for command in ("build", "verify"):
        assert models(inventory, command) == 2
        assert f"{tmp_path / 'cache'}: others may write" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("kind", ["FIFO", "loop", "folder", "list"])
def test_whatever_stands_in_a_models_place_every_command_answers(inventory, tmp_path, capsys, name, kind):
    """It is told apart by name, with no traceback, and nothing waits for it."""
    path = tmp_path / "xs" / name
    path.unlink()
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "folder":
            path.mkdir()
        case "list":
            path.write_text("[]")
    for command in ("list", "verify", "build"):
        code = models(inventory, command, "--family", "a")
        said = capsys.readouterr()
        civil(code, said.out + said.err, codes=(0, 1, 2))
        assert code == {"list": 0, "verify": 1, "build": 2}[command]
        assert command == "list" or str(tmp_path / "xs") in said.out + said.err


def test_only_what_is_asked_for_is_built(inventory, capsys):
    """A draft by its name, one quantisation."""
    assert models(inventory, "build", "--family", "a", "--draft", "xs", "--quant", "F16") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("a [1/1] xs F16: 1.")
    assert len([line for line in said if line.startswith("a [")]) == 1


LABELLED = """
devices: {host: {connection: local}}
families:
  a:
    target: {transformers: target}
    drafts:
      xs: xs
      ready: {gguf: {F16: ready.gguf, UD-Q4_K_XL: ready.gguf}, quants: [fp16, UD-Q4_K_XL]}
    quants: [F16, Q8_0]
"""


def test_a_label_shows_the_real_types_of_its_tensors(inventory, capsys):
    """A maker's label says nothing of them; the file's header does, in the list, in JSON and when it is checked."""
    Path(inventory).write_text(LABELLED)
    assert models(inventory, "list", "--quant", "UD-*", "--draft", "ready") == 0
    _, line = capsys.readouterr().out.splitlines()
    assert line.split()[:4] == ["a", "ready", "UD-Q4_K_XL", "here"]
    assert "F16 8, F32 3" in line
    assert models(inventory, "list", "--quant", "UD-*", "--draft", "ready", "--format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["tensor_types"] == {"F16": 8, "F32": 3}
    assert models(inventory, "verify", "--quant", "UD-*") == 0
    assert "ready.gguf (F16 8, F32 3)" in capsys.readouterr().out


def test_a_draft_with_quantisations_of_its_own_is_asked_for_those_alone(inventory, tmp_path, capsys):
    """By every part: the others keep the family's."""
    Path(inventory).write_text(LABELLED)
    assert models(inventory, "list", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(one["model"], one["quants"]) for one in rows] == [
        *(("target", []), ("xs", ["F16", "Q8_0"])),
        *(("ready", ["F16"]), ("ready", ["UD-Q4_K_XL"])),
    ]
    assert models(inventory, "build", "--quant", "UD-*") == 0
    assert capsys.readouterr().out.startswith("a [1/1] ready UD-Q4_K_XL: ")


def test_a_difference_that_is_allowed_is_a_warning_everywhere(inventory, tmp_path, capsys):
    """An added text that the draft lacks a twin of: checking and building say the same."""
    raw = json.loads((tmp_path / "xs" / "tokenizer.json").read_text())
    last = max(raw["model"]["vocab"], key=raw["model"]["vocab"].__getitem__)
    raw["added_tokens"].append({"id": raw["model"]["vocab"].pop(last), "content": "<tool_call>", "special": False})
    (tmp_path / "xs" / "tokenizer.json").write_text(json.dumps(raw))
    (tmp_path / "target" / "tokenizer.json").write_text(json.dumps(raw).replace("<tool_call>", "<think>"))
    only = ("--family", "a", "--draft", "xs")
    assert models(inventory, "verify", *only) == 1
    assert "'<tool_call>' in the draft and '<think>' in the target" in capsys.readouterr().out
    Path(inventory).write_text(
        INVENTORY.replace("quants: [F16]\n", "quants: [F16]\n    vocabulary: {allow: [added]}\n")
    )
    assert models(inventory, "verify", *only) == 0
    assert "a xs F16: warning: 1 added token differs between " in capsys.readouterr().out
    assert models(inventory, "build", *only) == 0
    assert "a/xs: warning: 1 added token differs between " in capsys.readouterr().out
