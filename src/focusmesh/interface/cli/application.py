"""The program ``focusmesh``: what all commands share, and its entry point."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from focusmesh import __version__
from focusmesh.interface.cli.applications.program_group import with_applications
from focusmesh.interface.cli.commands import COMMANDS, GROUPS, PANELS, WITH_COMMANDS
from focusmesh.interface.cli.lazy_commands import lazy_group
from focusmesh.interface.cli.shared.failures import ExitCode, message_of, silence_stdout, tell

application = typer.Typer(
    name="focusmesh",
    cls=with_applications(lazy_group(COMMANDS, GROUPS, PANELS), WITH_COMMANDS),
    help="A knowledge graph that ranks itself: what matters among links, each score with a bound on its error.",
    epilog="Data goes to standard output, messages to standard error. Exit codes: 0 done, 2 wrong options, "
    "3 wrong data, 4 a file cannot be read or written, 5 an extra is missing, 6 no convergence or no fuel left, "
    "7 a certificate, receipt or proof does not hold.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"focusmesh {__version__}\n")
        raise typer.Exit


@application.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """A knowledge graph that ranks itself: what matters among links, each score with a bound on its error."""


def main() -> None:
    """Entry point of the program: never returns, always an exit code of ``ExitCode``."""
    _prepare_streams()
    try:
        try:
            application(prog_name="focusmesh")
        finally:
            # Help and version end without a command, whose end would have done it.
            sys.stdout.flush()
    except KeyboardInterrupt:
        tell("interrupted")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        silence_stdout()
        sys.exit(ExitCode.PIPE_CLOSED)
    except OSError as error:
        tell(message_of(error))
        silence_stdout()
        sys.exit(ExitCode.FILE)


def _prepare_streams() -> None:
    """A closed stream becomes the null device; a character that a terminal cannot show ends nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (kept to the end)
            setattr(sys, name, nowhere)
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
