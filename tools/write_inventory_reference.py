"""Write what is generated of the reference of devices.yaml: the tables of docs/, and the JSON Schema.

python tools/write_inventory_reference.py
"""

from __future__ import annotations

import json
from pathlib import Path

from configspec.testbed.inventory import json_schema
from configspec.testbed.reference import with_meters, with_shapes, with_tables

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Write all in place."""
    page = DOCS / "inventory.md"
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
    prompts = DOCS / "prompts.md"
    prompts.write_text(with_shapes(prompts.read_text(encoding="utf-8")), encoding="utf-8")
    power = DOCS / "power.md"
    power.write_text(with_meters(power.read_text(encoding="utf-8")), encoding="utf-8")
    schema = json.dumps(json_schema(), indent=2) + "\n"
    (DOCS / "devices.schema.json").write_text(schema, encoding="utf-8")


if __name__ == "__main__":
    main()
