"""Read a testbed's `devices.yaml`: shape, paths, and whether its parts fit together.

All that is wrong is told at once, in one UsageError with a line for each key. Two rounds: only a file of the right
shape has its paths and its parts compared. Reading touches files, never a device.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from configspec.errors import UsageError, did_you_mean
from configspec.testbed import schema, schema_devices, schema_families, specs
from configspec.testbed.problems import check, refusal
from configspec.testbed.yaml_file import read_document
from configspec.theory.decoding import Decoding
from configspec.theory.serving.assumptions import Serving


def read_inventory(path: Path) -> specs.Inventory:
    """The testbed that `path` declares; relative paths in it begin at its folder.

    Raises:
        UsageError: The file cannot be read, or something in it must be changed: every such thing, a line each.
    """
    document, content = read_document(path)
    if document is None:
        raise UsageError(
            f"{path.name}: the file is empty. Declare a device: `devices: {{local: {{connection: local}}}}`."
        )
    file, problems = check(document)
    if file is None:
        raise refusal(path.name, problems)
    reader = _Reader(path.absolute().parent)
    inventory = specs.Inventory(
        path=path.absolute(),
        sha256=hashlib.sha256(content).hexdigest(),
        devices={name: reader.device(name, device) for name, device in file.devices.items()},
        families={name: reader.family(name, family) for name, family in file.families.items()},
        sweep=reader.sweep(file.sweep),
        serving=_serving(file.serving, Serving()),
        serving_by_family={
            name: _serving(family.serving, _serving(file.serving, Serving()))
            for name, family in file.families.items()
            if "serving" in family.model_fields_set
        },
    )
    problems = [*reader.problems, *_misfits(inventory)]
    if problems:
        raise refusal(path.name, problems)
    return inventory


def _misfits(inventory: specs.Inventory) -> list[str]:
    """Parts that are right alone and wrong together."""
    problems = []
    sweep = inventory.sweep
    needed = sweep.depth + max(sweep.k)
    for device in inventory.devices.values():
        if device.connection is None:
            continue
        if not inventory.families:
            problems.append(f"families is missing, and devices.{device.name} has nothing to run without. Add a family.")
        if needed > device.llama_cpp.context:
            problems.append(
                f"sweep.depth + the largest sweep.k is {sweep.depth} + {max(sweep.k)} = {needed} tokens, more than "
                f"devices.{device.name}.llama_cpp.context, {device.llama_cpp.context}. "
                "Lower the depth or K, or raise the context."
            )
    for family in inventory.families.values():
        for draft in family.drafts.values():
            file = None if draft.hub is None else draft.hub.file
            if file is not None and "{quant}" not in file and len(family.quants) > 1:
                problems.append(
                    f"families.{family.name}.drafts.{draft.name}.file is {file!r}, the same file for each of "
                    f"{', '.join(family.quants)}. Write {{quant}} where its name says the quantisation."
                )
            missing = [] if draft.gguf is None else [quant for quant in family.quants if quant not in draft.gguf]
            problems += [
                f"families.{family.name}.drafts.{draft.name}.gguf has no {quant}, which "
                f"families.{family.name}.quants asks for. Add its file, or take {quant} from the quants."
                for quant in missing
            ]
    return problems


def _serving(own: schema_families.Serving, otherwise: Serving) -> Serving:
    """`own` where it says something, else `otherwise`."""
    price = own.price.usd_per_million_tokens
    return Serving(
        verify_s=otherwise.verify_s if own.verify_s is None else own.verify_s,
        verify=own.verify or ("declared" if own.verify_s is not None else otherwise.verify),
        usd_per_million_tokens=otherwise.usd_per_million_tokens if price is None else price,
        bills=own.price.bills or otherwise.bills,
    )


class _Reader:
    """Models -> specs, collecting the paths that are not there."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._folder = folder

    def device(self, name: str, device: schema_devices.Device) -> specs.DeviceSpec:
        settings = device.llama_cpp
        return specs.DeviceSpec(
            name=name,
            connection=self._connection(f"devices.{name}.connection", device.connection),
            replay=None if device.replay is None else self._replay(f"devices.{name}.replay", device.replay),
            python=device.python,
            models=device.models,
            llama_cpp=specs.LlamaCppSpec(
                threads=settings.threads, context=settings.context, gpu_layers=settings.gpu_layers
            ),
            link=None if device.link is None else _link(device.link),
            health=_health(device.health),
            tags=tuple(device.tags),
        )

    def _connection(
        self, key: str, connection: schema_devices.Ssh | Literal["local"] | None
    ) -> specs.SshSpec | Literal["local"] | None:
        if not isinstance(connection, schema_devices.Ssh):
            return connection
        return specs.SshSpec(
            destination=connection.ssh,
            host_keys=connection.host_keys,
            config=None if connection.config is None else self._file(f"{key}.config", connection.config),
        )

    def family(self, name: str, family: schema_families.Family) -> specs.FamilySpec:
        here = f"families.{name}"
        return specs.FamilySpec(
            name=name,
            target=self._target(f"{here}.target", family.target),
            drafts={draft: self._draft(f"{here}.drafts.{draft}", draft, one) for draft, one in family.drafts.items()},
            quants=tuple(family.quants),
        )

    def sweep(self, sweep: schema.Sweep) -> specs.SweepSpec:
        return specs.SweepSpec(
            k=sweep.k,
            prompts=None if sweep.prompts is None else self._file("sweep.prompts", sweep.prompts),
            new_tokens=sweep.new_tokens,
            depth=sweep.depth,
            rounds=sweep.rounds,
            warmup_rounds=sweep.warmup_rounds,
            seconds_per_cell=float(sweep.seconds_per_cell),
            decoding=Decoding(**sweep.decoding.model_dump()),
            end_to_end=specs.EndToEndSpec(**sweep.end_to_end.model_dump()),
        )

    def _target(self, key: str, target: schema_families.Target) -> specs.TargetSpec:
        folder, gguf = target.transformers, target.gguf
        return specs.TargetSpec(
            transformers=None if folder is None else self._model_folder(f"{key}.transformers", folder),
            gguf=None if gguf is None else self._file(f"{key}.gguf", gguf),
            server=self._server(key, target),
            hub=_hub(target.hub, target.revision, target.file),
            dtype=target.dtype,
            device_map=target.device_map,
            llama_cpp=specs.LlamaCppSpec(
                threads=target.threads,
                context=specs.LlamaCppSpec().context if target.context is None else target.context,
                gpu_layers=target.gpu_layers,
            ),
        )

    def _server(self, key: str, target: schema_families.Target) -> specs.ServerSpec | None:
        if target.openai is None:
            return None
        assert target.model is not None  # the schema has checked
        tokenizer: Path | specs.HubSpec | None = None
        if target.tokenizer is not None and target.tokenizer.transformers is not None:
            tokenizer = self._model_folder(f"{key}.tokenizer.transformers", target.tokenizer.transformers)
        elif target.tokenizer is not None:
            tokenizer = _hub(target.tokenizer.hub, target.tokenizer.revision, None)
        return specs.ServerSpec(
            url=target.openai.rstrip("/"),
            model=target.model,
            api_key_env=target.api_key_env,
            timeout_s=float(target.timeout_s),
            retries=target.retries,
            tokenizer=tokenizer,
        )

    def _draft(self, key: str, name: str, draft: schema_families.Draft) -> specs.DraftSpec:
        if draft.safetensors is not None:
            return specs.DraftSpec(name=name, safetensors=self._model_folder(key, draft.safetensors))
        if draft.hub is not None:
            return specs.DraftSpec(name=name, hub=_hub(draft.hub, draft.revision, draft.file))
        files = {quant: self._file(f"{key}.gguf.{quant}", file) for quant, file in (draft.gguf or {}).items()}
        return specs.DraftSpec(name=name, gguf=files)

    def _replay(self, key: str, replay: schema_devices.Replay) -> specs.ReplaySpec:
        path = self._file(key, replay.profile)
        if not os.path.isfile(path):
            return specs.ReplaySpec(profile=path, device=replay.device or "")
        try:
            devices = _devices_of_profile(path)
        except (OSError, ValueError, RecursionError):
            self.problems.append(f"{key} is {replay.profile!r}, and {path} is not JSON with a mapping `devices`.")
            return specs.ReplaySpec(profile=path, device=replay.device or "")
        device = replay.device or (devices[0] if len(devices) == 1 else "")
        if not device:
            example = f"{{profile: {replay.profile}, device: {devices[0] if devices else '...'}}}"
            self.problems.append(f"{key} names a file of {len(devices)} devices. Say which, as in {example}.")
        elif device not in devices:
            self.problems.append(f"{key}.device is {device!r}, which the file has not. {did_you_mean(device, devices)}")
        return specs.ReplaySpec(profile=path, device=device)

    def _model_folder(self, key: str, written: str) -> Path:
        return self._existing(key, written, os.path.isdir, "no folder")

    def _file(self, key: str, written: str) -> Path:
        return self._existing(key, written, os.path.isfile, "no file")

    def _existing(self, key: str, written: str, exists: Callable[[Path], bool], missing: str) -> Path:
        path = self._folder / os.path.expanduser(written)
        if not exists(path):  # of os.path: pathlib's raises for a name too long
            self.problems.append(
                f"{key} is {written!r}, and there is {missing} {path}. Correct it: a path begins at this file's folder."
            )
        return path


def _link(link: schema_devices.Link) -> specs.LinkSpec:
    return specs.LinkSpec(
        rtt_s=link.rtt_ms / 1e3,
        jitter_s=link.jitter_ms / 1e3,
        bits_per_s=None if link.mbps is None else link.mbps * 1e6,
    )


def _health(health: schema_devices.Health) -> specs.HealthSpec:
    return specs.HealthSpec(
        max_start_c=health.max_start_c,
        power_mode=health.power_mode,
        governor=health.governor,
        min_free_memory_bytes=health.min_free_memory,
        min_free_disk_bytes=health.min_free_disk,
        max_load=health.max_load,
    )


def _hub(repo: str | None, revision: str | None, file: str | None) -> specs.HubSpec | None:
    return None if repo is None else specs.HubSpec(repo=repo, revision=revision or "main", file=file)


def _devices_of_profile(path: Path) -> list[str]:
    """Only the names; `configspec.records.profile_file` describes and checks the rest when the figures are needed."""
    document: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("devices"), dict):
        raise ValueError("no mapping `devices`")
    return list(document["devices"])
