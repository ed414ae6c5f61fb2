"""How a command ends when it cannot do what was asked: one message on standard error, one exit code."""

from __future__ import annotations

import os
import sys
import traceback
from enum import IntEnum
from typing import TYPE_CHECKING

import typer

from focusmesh.errors import (
    BudgetError,
    CardError,
    CertificateError,
    CodedError,
    ConvergenceError,
    FileError,
    FocusmeshError,
    FuelError,
    InputError,
    MissingExtraError,
    ParameterError,
    ProofError,
    RankError,
    SimulationError,
    UpgradeRequiredError,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class ExitCode(IntEnum):
    """What the process returns; documented in docs/reference/cli.md."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    FILE = 4
    EXTRA = 5
    CONVERGENCE = 6
    REFUSED = 7
    UPGRADE = 8
    INTERRUPTED = 130
    PIPE_CLOSED = 141


_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (ParameterError, ExitCode.USAGE),
    (CertificateError, ExitCode.REFUSED),
    (CodedError, ExitCode.REFUSED),
    (ProofError, ExitCode.REFUSED),
    (SimulationError, ExitCode.REFUSED),
    (InputError, ExitCode.INPUT),
    (FileError, ExitCode.FILE),
    (MissingExtraError, ExitCode.EXTRA),
    (CardError, ExitCode.EXTRA),
    (ConvergenceError, ExitCode.CONVERGENCE),
    (FuelError, ExitCode.CONVERGENCE),
    (BudgetError, ExitCode.CONVERGENCE),
    (RankError, ExitCode.FILE),
    (UpgradeRequiredError, ExitCode.UPGRADE),
    (OSError, ExitCode.FILE),
    (MemoryError, ExitCode.FILE),
)


def run_guarded(action: Callable[[], None], *, debug: bool = False) -> None:
    """Runs ``action`` and flushes what it wrote; an expected failure becomes a message and typer.Exit.

    A reader that went away (``| head``) ends the process without a word, as it ends other Unix tools.
    An exception that nobody expected is a bug and keeps its traceback.
    """
    try:
        action()
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        raise typer.Exit(ExitCode.PIPE_CLOSED) from None
    except KeyboardInterrupt as interrupt:
        tell("; ".join(["interrupted", *getattr(interrupt, "__notes__", ())]))
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except (FocusmeshError, OSError, MemoryError) as error:
        if debug or os.environ.get("FOCUSMESH_DEBUG"):
            traceback.print_exc()
        tell(message_of(error))
        if not can_flush():
            silence_stdout()
        raise typer.Exit(exit_code_of(error)) from None


def exit_code_of(error: Exception) -> ExitCode:
    """The exit code of an expected failure."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.BUG)


def message_of(error: Exception) -> str:
    """One line: what failed, on which file or name, what to do."""
    if isinstance(error, MemoryError):
        return f"not enough memory: {error}" if str(error) else "not enough memory"
    if isinstance(error, OSError) and error.strerror and error.errno is not None:
        return f"{error.filename or 'standard output'}: {error.strerror}"
    return str(error) or type(error).__name__


def tell(message: str) -> None:
    """``focusmesh: message`` on standard error, red where it is a terminal that takes colours."""
    stream = sys.stderr
    plain = "NO_COLOR" in os.environ or not stream.isatty()
    head = "focusmesh:" if plain else "\x1b[1;31mfocusmesh:\x1b[0m"
    stream.write(f"{head} {message}\n")
    stream.flush()


def can_flush() -> bool:
    """Whether what is still buffered for standard output can be written."""
    try:
        sys.stdout.flush()
    except OSError:
        return False
    return True


def silence_stdout() -> None:
    """Points standard output at nothing, so that the interpreter's last flush cannot fail again."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
