"""What a preview finds in the cache is what a run then finds there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cached_hub import COMMIT, files_of, put_in_cache
from cells import cell

from configspec.cache import Store
from configspec.families.hub.hub import Hub
from configspec.profiling.preview import DraftPreview, Preview, Unasked
from configspec.profiling.target_text import text_key
from configspec.profiling.workbench import Workbench
from configspec.progress import silent
from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.family_spec import DraftSpec, HubSpec, ServerSpec, TargetSpec
from configspec.testbed.inventory import Inventory

ROOT = Path(__file__).parents[2]
KS = (1, 2, 4)
KEPT = DraftPreview(file="kept", acceptance="kept")
TO_MAKE = DraftPreview(file="to make", acceptance="to make")
HUB = HubSpec(repo="nobody/nothing")
FOLDERS = {"me/target": "target", "me/xs": "xs"}
MODELS = ROOT / "fixtures" / "models" / "tiny-llama"
SERVER = ServerSpec(url="http://127.0.0.1:9/v1", model="m")  # nobody listens there


def of_hub(inventory: Inventory, revision: str) -> Inventory:
    """The small family with its target and a draft on the hub."""
    family = inventory.families["tiny-llama"]
    target = TargetSpec(hub=HubSpec(repo="me/target", revision=revision))
    drafts = {"xs": DraftSpec(name="xs", hub=HubSpec(repo="me/xs", revision=revision))}
    return replace(inventory, families={"hub": replace(family, name="hub", target=target, drafts=drafts)})


def served(inventory: Inventory, *, tokenizer: Path | HubSpec | None, template: str | Path = "none") -> Inventory:
    """The small family with its target behind a server."""
    family = inventory.families["tiny-llama"]
    target = TargetSpec(server=replace(SERVER, tokenizer=tokenizer))
    sweep = replace(inventory.sweep, chat=ChatSpec(template=template))  # type: ignore[arg-type]
    return replace(inventory, families={"served": replace(family, name="served", target=target)}, sweep=sweep)


@pytest.fixture
def cached(tmp_path: Path) -> Hub:
    """A hub's cache with target and draft of the small family."""
    pytest.importorskip("huggingface_hub")
    for repo, folder in FOLDERS.items():
        put_in_cache(tmp_path / "hub", repo, files_of(MODELS / folder))
    return Hub(cache=tmp_path / "hub")


@pytest.mark.real
def test_what_a_run_has_made_is_kept_and_what_it_would_make_anew_is_not(session, small_inventory, cache, tmp_path):
    """Text, file and acceptance; in an empty cache, with other prompts, and with more tokens, none of what depends."""
    session.rows(cell("xs"), KS)
    drafter = cell("xs").drafter
    found = Preview(small_inventory, cache)
    assert (found.text("tiny-llama").state, found.draft("tiny-llama", drafter)) == ("kept", KEPT)
    longer = replace(small_inventory, sweep=replace(small_inventory.sweep, new_tokens=49))
    changed = Preview(longer, cache)
    assert changed.text("tiny-llama").state == "to make"
    assert changed.draft("tiny-llama", drafter) == DraftPreview(file="kept", acceptance="to make")
    empty = Preview(small_inventory, Store(tmp_path / "cache"))
    assert (empty.text("tiny-llama").state, empty.draft("tiny-llama", drafter)) == ("to make", TO_MAKE)


@pytest.mark.real
def test_what_is_cached_of_the_hub_is_looked_up_as_a_folder_is(session, small_inventory, cache, cached, tmp_path):
    """A text depends on what a model is, not on where it lies."""
    session.rows(cell("xs"), KS)
    drafter, inventory = cell("xs").drafter, of_hub(small_inventory, COMMIT)
    found = Preview(inventory, cache, hub=cached)
    assert (found.text("hub").state, found.text("hub").unasked, found.draft("hub", drafter)) == ("kept", (), KEPT)
    empty = Preview(inventory, Store(tmp_path / "cache"), hub=cached)
    assert (empty.text("hub").state, empty.draft("hub", drafter)) == ("to make", TO_MAKE)


@pytest.mark.real
def test_of_a_branch_what_is_cached_is_looked_up_and_said_to_be_that(small_inventory, cached, tmp_path):
    """Only the hub knows whether it has moved since."""
    preview = Preview(of_hub(small_inventory, "main"), Store(tmp_path / "cache"), hub=cached)
    text, draft = preview.text("hub"), preview.draft("hub", cell("xs").drafter)
    assert (text.state, text.unasked) == ("to make", (Unasked(why="branch", of="me/target@main"),))
    assert draft == replace(TO_MAKE, unasked=(Unasked(why="branch", of="me/xs@main"),))


def test_what_is_not_cached_is_not_known(small_inventory, tmp_path):
    """Pinned or not, nobody is asked for it, and nothing is made."""
    for revision in ("main", COMMIT):
        preview = Preview(of_hub(small_inventory, revision), Store(tmp_path / "cache"), hub=Hub(cache=tmp_path / "hub"))
        text = preview.text("hub")
        assert (text.state, text.usd) == ("not known", None)
        assert text.unasked == (Unasked(why="absent", of=f"me/target@{revision}"),)
        absent = (Unasked(why="absent", of=f"me/xs@{revision}"),)
        unknown = DraftPreview(file="not known", acceptance="not known", unasked=absent)
        assert preview.draft("hub", cell("xs").drafter) == unknown
    assert not (tmp_path / "cache").exists()


def test_a_draft_that_is_here_is_kept_though_its_targets_text_is_not_known(small_inventory, tmp_path):
    """Its acceptance is over that text."""
    family = small_inventory.families["tiny-llama"]
    (tmp_path / "d.gguf").write_bytes(b"a model")
    drafts = {"xs": DraftSpec(name="xs", gguf={"Q8_0": tmp_path / "d.gguf"})}
    families = {"f": replace(family, name="f", target=TargetSpec(server=SERVER), drafts=drafts)}
    preview = Preview(replace(small_inventory, families=families), Store(tmp_path / "cache"))
    assert preview.draft("f", cell("xs").drafter) == DraftPreview(file="kept", acceptance="not known")


@pytest.mark.parametrize("template", ["none", "file"])
@pytest.mark.parametrize("tokenizer", ["folder", "hub"])
def test_a_servers_text_is_known_by_what_is_declared(small_inventory, cached, tmp_path, template, tokenizer):
    """With a tokenizer that is here, and no template of the server's own, it is not asked."""
    for needed in ("openai", "tokenizers", "jinja2"):
        pytest.importorskip(needed)
    if template == "file":
        template = tmp_path / "chat.jinja"
        template.write_text("{% for m in messages %}{{ m.content }}{% endfor %}")
    tokenizer = MODELS / "target" if tokenizer == "folder" else HubSpec(repo="me/target", revision=COMMIT)
    inventory, store = served(small_inventory, tokenizer=tokenizer, template=template), Store(tmp_path / "cache")
    text = Preview(inventory, store, hub=cached).text("served")
    price = inventory.serving_for("served").usd_per_million_tokens
    assert (text.state, text.unasked) == ("to make", ())
    assert text.usd == pytest.approx(6 * 48 * price / 1e6)
    bench = Workbench(inventory, store, silent, hub=cached)  # a run's
    family = bench.family("served")
    key = text_key(family.target, bench.writing(family))
    store.ensure("text", key, ".json", Path.touch)
    assert Preview(inventory, store, hub=cached).text("served").state == "kept"


@pytest.mark.parametrize(
    ("tokenizer", "template", "unasked"),
    [
        (None, "none", [Unasked(why="token ids", of="served")]),
        (MODELS / "target", "auto", [Unasked(why="template", of="served")]),
        (None, "auto", [Unasked(why="token ids", of="served"), Unasked(why="template", of="served")]),
        (HUB, "none", [Unasked(why="absent", of="nobody/nothing@main")]),
    ],
)
def test_a_server_is_not_asked_for_what_only_it_could_tell(small_inventory, tmp_path, tokenizer, template, unasked):
    """Its text is not known, and the preview says why; the price of all its tokens is."""
    inventory = served(small_inventory, tokenizer=tokenizer, template=template)
    preview = Preview(inventory, Store(tmp_path / "cache"), hub=Hub(cache=tmp_path / "hub"))
    text = preview.text("served")
    price = inventory.serving_for("served").usd_per_million_tokens
    assert text.state == "not known"
    assert text.usd == pytest.approx(6 * 48 * price / 1e6)
    assert list(text.unasked) == unasked
    assert not (tmp_path / "cache").exists()
