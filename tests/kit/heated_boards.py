"""Boards as the kernel shows their heat: trees of files, and states read from them.

Transcribed from public documents and issue threads, not recorded: those that `agent/board/heat.py` names, and
https://docs.kernel.org/driver-api/thermal/sysfs-api.html. Some figures are rounded or composed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from configspec.agent.board.heat import heat_state
from configspec.devices.replies.reading import read_reply
from configspec.records.heat import ClockRange, Heat, HeatSeen, HeatState, heat_between

Tree = Mapping[str, str]
ZONE, COOLING = "sys/class/thermal/thermal_zone", "sys/class/thermal/cooling_device"
POLICY = "sys/devices/system/cpu/cpufreq/policy"
PI_FILE = "sys/devices/platform/soc/soc:firmware/get_throttled"
OC = "sys/class/hwmon/hwmon1/oc{}_event_cnt"


def _zones(*zones: tuple[str, int]) -> dict[str, str]:
    named = ((f"{ZONE}{number}/type", f"{kind}\n") for number, (kind, _) in enumerate(zones))
    return {**dict(named), **{f"{ZONE}{number}/temp": f"{milli}\n" for number, (_, milli) in enumerate(zones)}}


def _policy(number: int, low_khz: int, high_khz: int, now_khz: int) -> dict[str, str]:
    limits = {"scaling_min_freq": low_khz, "scaling_max_freq": high_khz, "scaling_cur_freq": now_khz}
    return {f"{POLICY}{number}/{name}": f"{khz}\n" for name, khz in limits.items()}


def _vmstat(swap_in: int, swap_out: int) -> dict[str, str]:
    return {"proc/vmstat": f"pgpgin 99\npswpin {swap_in}\npswpout {swap_out}\npgfault 12\noom_kill 0\n"}


# In MAXN_SUPER, healthy: OC3 has counted 27,390 events since it began.
ORIN_NANO: Tree = {
    **_zones(("cpu-thermal", 63625), ("gpu-thermal", 62500), ("cv0-thermal", -256000), ("tj-thermal", 64125)),
    f"{COOLING}0/type": "pwm-fan\n",
    f"{COOLING}0/cur_state": "3\n",
    f"{COOLING}1/type": "thermal-cpufreq-0\n",
    f"{COOLING}1/cur_state": "0\n",
    "sys/class/hwmon/hwmon1/name": "soctherm_oc\n",
    OC.format(1): "0\n",
    OC.format(2): "0\n",
    OC.format(3): "27390\n",
    **_policy(0, 729600, 1728000, 1728000),
    **_policy(4, 729600, 1728000, 729600),
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
    "sys/class/devfreq/17000000.gpu/min_freq": "306000000\n",
    "sys/class/devfreq/17000000.gpu/max_freq": "1020000000\n",
    "sys/class/devfreq/17000000.gpu/cur_freq": "612000000\n",
    "sys/class/devfreq/15340000.vic/min_freq": "115200000\n",
    "sys/class/devfreq/15340000.vic/max_freq": "601600000\n",
    "var/lib/nvpmodel/status": "pmode:0002\n",
    "etc/nvpmodel.conf": "< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n",
    **_vmstat(0, 0),
}
# Numbers its events otherwise, spells its zones in capitals, and has a regulator's zone that says 100 °C always.
XAVIER: Tree = {
    **_zones(("CPU-therm", 41000), ("GPU-therm", 40500), ("AO-therm", 39000), ("PMIC-Die", 100000)),
    OC.format(1): "0\n",
    OC.format(2): "5\n",
    OC.format(3): "0\n",
    **_policy(0, 1190400, 2265600, 2265600),
    "sys/class/devfreq/17000000.gv11b/min_freq": "114750000\n",
    "sys/class/devfreq/17000000.gv11b/max_freq": "1377000000\n",
    "var/lib/nvpmodel/status": "pmode:0003\n",
    **_vmstat(7, 9),
}
# Once, since it began, it lacked voltage and was throttled: 0x50000.
PI_5: Tree = {
    **_zones(("cpu-thermal", 58500)),
    PI_FILE: "50000\n",
    **_policy(0, 1500000, 2400000, 2400000),
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    **_vmstat(0, 0),
}
PI_4: Tree = {**_zones(("cpu-thermal", 48500)), **_policy(0, 600000, 1800000, 1800000)}  # its firmware has to be asked
LAPTOP: Tree = {
    **_zones(("acpitz", 47000), ("iwlwifi_1", 71000), ("x86_pkg_temp", 66000)),
    f"{COOLING}0/type": "Processor\n",
    f"{COOLING}0/cur_state": "0\n",
    f"{COOLING}1/type": "Processor\n",
    f"{COOLING}1/cur_state": "0\n",
    f"{COOLING}2/type": "intel_powerclamp\n",
    f"{COOLING}2/cur_state": "-1\n",
    **{f"sys/devices/system/cpu/cpu{cpu}/thermal_throttle/core_throttle_count": f"{17 + cpu}\n" for cpu in range(4)},
    **{f"sys/devices/system/cpu/cpu{cpu}/thermal_throttle/package_throttle_count": "50\n" for cpu in range(4)},
    **{name: text for cpu in (0, 1) for name, text in _policy(cpu, 400000, 4700000, 3200000).items()},
    **{name: text for cpu in (2, 3) for name, text in _policy(cpu, 400000, 3500000, 400000).items()},
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
    **_vmstat(1200, 3400),
}
BOARDS: Mapping[str, Tree] = {"orin": ORIN_NANO, "xavier": XAVIER, "pi 5": PI_5, "pi 4": PI_4, "laptop": LAPTOP}


def no_program(_: Sequence[str]) -> str | None:
    """As where there is no vcgencmd."""
    return None


def write_tree(root: Path, tree: Tree) -> Path:
    """The tree below `root`, over what is there."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    return root


def state_of(root: Path, run: Callable[[Sequence[str]], str | None] = no_program) -> HeatState:
    """How a board is, as a host reads its agent's answer."""
    return read_reply(HeatState, json.loads(json.dumps(heat_state(root, run, lambda: 0.02))))


COOL = HeatState(
    t_s=100.0,
    temperature_c=48.5,
    temperature_zone="tj-thermal",
    temperature_reason=None,
    zones_c={"tj-thermal": 48.5},
    events={"oc1": 0, "oc2": 5, "oc3": 27390, "core_throttle_count": 17, "package_throttle_count": 50},
    pi_bits=0,
    pi_bits_reason=None,
    cooling={"thermal-cpufreq-0": 0},
    power_mode="MAXN",
    power_mode_reason=None,
    governor="schedutil",
    governor_reason=None,
    cpu_clocks={"0-3": ClockRange(min_hz=729_600_000, max_hz=1_728_000_000, now_hz=1_728_000_000)},
    gpu_clocks={"17000000.gpu": ClockRange(min_hz=306_000_000, max_hz=1_020_000_000, now_hz=612_000_000)},
    swap_in_pages=0,
    swap_out_pages=0,
    oom_kills=0,
    swap_reason=None,
    loop_s=0.02,
)


def around(start: HeatState, end: HeatState, *, max_c: float | None = None, pi_bits: int | None = None) -> Heat:
    """The heat from one state to the other, with what was seen meanwhile."""
    return heat_between(start, end, HeatSeen(max_c=max_c, max_readings=10, pi_bits_seen=pi_bits))
