"""configspec: which draft model, quantisation and K, on which edge device, for speculative decoding. Measured.

    from configspec import Results

That is the front door; docs/api.md says what is promised. It is loaded when it is asked for: `import configspec` alone
loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configspec.results import Results

__version__ = "0.2.0.dev0"
__all__ = ["Results"]


if not TYPE_CHECKING:  # for a type checker, a module with __getattr__ has every name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from configspec import results

        return getattr(results, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
