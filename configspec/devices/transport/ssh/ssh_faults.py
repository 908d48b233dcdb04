"""What went wrong when `ssh` itself failed, read from what it wrote. It ends with 255 then, whatever it was."""

from __future__ import annotations

from configspec.devices.faults import DeviceOffline, LinkLost
from configspec.devices.transport.local import Fault, last_lines
from configspec.errors import TestbedError, UsageError

FAILED_STATUS = 255
# A part of ssh's own words -> what would do. Its words are English, whatever the locale.
TO_CHANGE = {
    "Host key verification failed": "Compare the board's key with the one that it should have, and connect once by "
    "hand to keep it, or declare `host_keys: accept-new`. For a board that was reinstalled, `ssh-keygen -R` forgets "
    "the old key",
    "Permission denied": "Install this user's key on the board: no password is asked for. Then log in once by hand",
    "Too many authentication failures": "Name the board's key in ssh's configuration, with IdentitiesOnly",
    "Bad configuration option": "Correct ssh's configuration",
    "Bad owner or permissions": "Correct the permissions of ssh's configuration",
    "Can't open user config file": "Correct the path",
}
UNREACHABLE = (
    *("Could not resolve hostname", "Name or service not known", "No route to host", "Network is unreachable"),
    *("Connection refused", "timed out", "Connection reset by", "Connection closed by", "kex_exchange_identification"),
)


def explain(destination: str, stderr: str, *, in_use: bool, master_alive: bool) -> Fault:
    """Who must act, and why.

    `in_use`: the agent had spoken. `master_alive`: the shared connection still answers.
    """
    words = last_lines(stderr)
    for part, remedy in TO_CHANGE.items():
        if part in stderr and not in_use:
            return Fault(kind=UsageError, what=f"ssh cannot log in to {destination}: {words} {remedy}.")
    if in_use and master_alive:
        # The link is whole, and the shell on the board did not report: it was killed with what it ran.
        what = (
            f"its agent's shell was killed on {destination} by a signal (Linux does so when memory runs out): {words}"
        )
        return Fault(kind=TestbedError, what=what)
    if in_use:
        return Fault(kind=LinkLost, what=f"the link to {destination} was lost. ssh wrote: {words}")
    hint = "Is it on, and on the network?" if any(part in stderr for part in UNREACHABLE) else "Try ssh by hand."
    return Fault(kind=DeviceOffline, what=f"offline: ssh cannot reach {destination}: {words} {hint}")


def login_shell_fault(status: int, stderr: str) -> Fault:
    """The account's login shell ended without running what `ssh` gave it."""
    return Fault(
        kind=UsageError,
        what=f"its login shell does not run what ssh gives it: it ended with {status}. It wrote: {last_lines(stderr)} "
        "A start-up file of the account (~/.bashrc, ~/.zshenv, config.fish) ends the shell, or puts another program in "
        "its place (exec tmux, exec fish, exit): let it do so in interactive shells only. Or the account has no shell.",
    )
