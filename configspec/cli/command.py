"""How every command introduces itself: what it does, an example, and what its exit codes mean."""

from __future__ import annotations

import argparse
import textwrap

Commands = argparse._SubParsersAction  # argparse has no public name for it
EXIT_CODES = """\
exit codes:
  0    done, and the answer is good
  1    done, and the answer is bad: a device is not ready, a result got worse
  2    the request must change: an option, or a file that cannot be read or written
  3    a device or its link misbehaved
  130  interrupted
  141  the reader of the output, such as `head`, closed it
"""


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, purpose: str, description: str, example: str
) -> argparse.ArgumentParser:
    """A command without options yet.

    Args:
        commands: Where it is added.
        name: Its name.
        purpose: A line for the list of commands.
        description: A few sentences for its own help, ahead of the options.
        example: One or several command lines that work, a line each.
    """
    return commands.add_parser(
        name,
        help=purpose,
        description=textwrap.fill(description, width=79),
        epilog=f"example:\n{textwrap.indent(example, '  ')}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
