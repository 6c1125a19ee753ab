"""The command `afina`: its arguments, its errors, its exit codes.

0: done. 1: it could not be done, one line says why. 2: the arguments were wrong. 130: stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .commands import info, report, train
from .errors import AfinaError

DONE, FAILED, INTERRUPTED = 0, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (by default the program's own) and return the exit code.

    >>> main(["info", "--short"])  # doctest: +ELLIPSIS
    afina ...
    0
    """
    parser = make_parser()
    arguments = parser.parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        if arguments.debug:
            raise
        print("\nafina: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`afina info | head -1`): nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (AfinaError, OSError, ImportError, MemoryError) as error:
        if arguments.debug:
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"afina: error: {text}", file=sys.stderr)
        return FAILED
    return DONE


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each command's module adds its own arguments."""
    from . import __version__

    parser = argparse.ArgumentParser(
        prog="afina",
        description="Train neural networks with hand-written kernels.",
        epilog="`afina COMMAND --help` tells more about a command.",
    )
    parser.add_argument("--version", action="version", version=f"afina {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (train, report, info):
        sub = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=command.DESCRIPTION,
            epilog=command.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
        sub.set_defaults(run=command.run)
    return parser
