"""Whether a model's weights fit into a machine's memory; both figures are handed in.

Only the weights are counted. The key-value cache and the library's own buffers come on top, so a model that just fits
here may still be too large; one that does not fit cannot be measured, for it would be read from the disk again and
again, or the system would end the process.
"""

from __future__ import annotations


def check_fits(name: str, needed_bytes: int, memory_bytes: int | None, *, machine: str = "this machine") -> str | None:
    """What to say of a model that is larger than the memory; None where it fits, or where the memory is not known.

    Args:
        name: What the message calls the model: its folder or file.
        needed_bytes: What its weights take, in the number format in which they are opened.
        memory_bytes: All of the machine's memory; None where nothing tells it.
        machine: What the message calls the machine.

    """
    if memory_bytes is None or needed_bytes <= memory_bytes:
        return None
    return (
        f"{name} needs {shown_bytes(needed_bytes)} for its weights alone, and the cache for its context on top; "
        f"{machine} has {shown_bytes(memory_bytes)} of memory. Take a smaller quantisation or number format, or "
        "another machine."
    )


def shown_bytes(size_bytes: int) -> str:
    """A size as people read it: 0.85 MB, 808 MB, 6.43 GB (powers of ten)."""
    value, unit = (size_bytes / 1e9, "GB") if size_bytes >= 1e9 else (size_bytes / 1e6, "MB")
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
