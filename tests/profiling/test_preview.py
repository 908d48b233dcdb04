"""What a preview finds in the cache is what a run then finds there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cells import cell

from configspec.cache import Store
from configspec.profiling.preview import DraftPreview, Preview
from configspec.testbed.family_spec import DraftSpec, HubSpec, ServerSpec, TargetSpec

KS = (1, 2, 4)
KEPT = DraftPreview(file="kept", acceptance="kept")
TO_MAKE = DraftPreview(file="to make", acceptance="to make")
HUB = HubSpec(repo="nobody/nothing")


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


def test_a_hub_and_a_server_are_not_asked(small_inventory, tmp_path):
    """What only they could tell is not known; of a server the price of all tokens is."""
    family = small_inventory.families["tiny-llama"]
    server = ServerSpec(url="http://127.0.0.1:9/v1", model="m")
    families = {
        "hub": replace(family, name="hub", target=TargetSpec(hub=HUB), drafts={"xs": DraftSpec(name="xs", hub=HUB)}),
        "served": replace(family, name="served", target=TargetSpec(server=server)),
    }
    inventory = replace(small_inventory, families=families)
    preview = Preview(inventory, Store(tmp_path / "cache"))
    of_hub, served = preview.text("hub"), preview.text("served")
    assert (of_hub.state, of_hub.usd) == ("not known", None)
    price = inventory.serving_for("served").usd_per_million_tokens
    assert served.state == "not known"
    assert served.usd == pytest.approx(6 * 48 * price / 1e6)
    drafter = cell("xs").drafter
    assert preview.draft("hub", drafter) == DraftPreview(file="not known", acceptance="not known")
    assert not (tmp_path / "cache").exists()
