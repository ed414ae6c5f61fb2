"""Every exception that focusmesh raises on purpose.

    FocusmeshError
    ├── InputError (ValueError)            what was handed in is wrong
    │   ├── ParameterError                 a parameter breaks its stated inequality
    │   ├── UnknownParticleError (KeyError) a name that the graph does not have
    │   ├── CertificateError               a certificate, or a graph that is to be certified, is refused
    │   ├── CodecError                     bytes that are not the one canonical encoding of anything
    │   │   └── ItemCountError             bytes with more items than whoever reads them allows
    │   ├── SecretError                    a key that cannot be opened: wrong passphrase, not a recipient, damaged
    │   ├── CodedError                     what a ledger or a grid refuses, with a code for programs
    │   │   ├── SignalError                a signal is refused, or failed
    │   │   │   └── OutweighedError        it may not wait behind those of more weight
    │   │   ├── BlockError                 a block is refused
    │   │   ├── ProofError                 a proof or a receipt does not hold
    │   │   ├── LinkProgramError           a program does not yield links that can be
    │   │   └── GridError                  the grid refuses a command, a tile or a vote
    │   ├── ProgramError                   a program for the rewrite machine that cannot be read
    │   ├── RuleError                      rules that cannot be read, or that have no meaning
    │   ├── QueryError                     a query that cannot be read, has no meaning, or fails on a value
    │   ├── BadLineError                   strict import met a bad line
    │   └── UnsupportedFormatError         no importer or exporter for this file
    ├── FileError (OSError)                a file cannot be read or written
    │   ├── DamagedFileError               its bytes are not what was written
    │   ├── NewerVersionError              it was written by a newer focusmesh
    │   └── StoreError                     a ledger's store cannot be opened, read or written
    │       ├── StoreBusyError             another process is writing to it
    │       ├── StoreFullError             its disk is full
    │       └── OlderStoreError            it has an older format: `focusmesh node upgrade`
    ├── MissingExtraError (ImportError)    an optional part is not installed
    ├── CardError (RuntimeError)           a graphics card is missing, or has too little memory
    ├── MemoryLimitError (MemoryError)     the machine has too little memory, found out beforehand
    ├── FuelError (RuntimeError)           a program used up its fuel
    ├── BudgetError (RuntimeError)         a question reached a limit of time, memory, rows or inferences
    ├── NetworkError (ConnectionError)     a peer is not there, breaks the rules, or is gone; with a code
    │   └── PeerError                      a peer refuses what it was asked for; the code is the peer's
    ├── SimulationError (RuntimeError)     a simulated network broke an invariant; with a code
    ├── AgreementChangedError (RuntimeError) others decide blocks than this node was started for; start it again
    ├── UpgradeRequiredError (RuntimeError) the network goes on by operations that a newer release has
    ├── RankError (RuntimeError)           a rank of a cluster's work ended or did not answer in time
    ├── ShardError (RuntimeError)          an exchange between shards lost or doubled mass
    └── ConvergenceError                   a solve ended before its tolerance

Anything else that leaves the library is a bug. A message says what failed, on which id, line or file,
and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from typing import Any


class FocusmeshError(Exception):
    """Root of the tree: catch this to catch everything the library raises on purpose."""


class InputError(FocusmeshError, ValueError):
    """Data or arguments that cannot be used as they are."""


class ParameterError(InputError):
    """A parameter outside its range; the message states the inequality that it breaks.

    ``parameter`` is its name as the caller wrote it, where the error is about one; None else.
    """

    def __init__(self, *words: object, parameter: str | None = None) -> None:
        super().__init__(*words)
        self.parameter = parameter


class UnknownParticleError(InputError, KeyError):
    """A name that is not among the particles (or relations, authors) of the graph."""

    def __init__(
        self,
        name: Hashable,
        kind: str = "particle",
        close: Sequence[str] = (),
        known: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.close = tuple(close)
        hint = f"; close names: {', '.join(close)}" if close else ""
        there = f"; there are: {', '.join(known)}" if known else ""
        self.message = f"no {kind} is named {name!r}{hint}{there}"
        super().__init__(self.message)

    def __str__(self) -> str:
        # KeyError would show the repr of the message, quotes and escapes included.
        return self.message


class CertificateError(InputError):
    """A certificate that is refused, or a graph that can have none; ``reason`` is one word for programs.

    ``"names"``, ``"weights"``: the graph's names or weights are not what digests and integers are made of.
    ``"parameters"``, ``"teleport"``: coefficients or u outside of their ranges, or other ones than asked for.
    ``"particles"``: the graph has other particles. ``"range"``, ``"floor"``, ``"sum"``, ``"residual"``: the vector has
    an entry above 2⁶³ or under its floor, does not add up to 2⁶³, or is no fixed point.
    ``"trace"``, ``"row"``: a stage does not add up, or an entry of it does not follow from its row.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)

    def __reduce__(self) -> tuple[type[CertificateError], tuple[str, str]]:
        return type(self), (self.reason, str(self))


class CodecError(InputError):
    """Bytes that are not the canonical encoding of anything; the message says at which byte, where that is known."""


class ItemCountError(CodecError):
    """Bytes announce more items than whoever reads them allows; nothing was made of them."""


class SecretError(InputError):
    """A secret that cannot be opened: a wrong passphrase, no key for this recipient, or damaged bytes."""


class CodedError(InputError):
    """What a ledger or a grid refuses. ``code`` is a word for programs, the message says on which id and what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)

    def __reduce__(self) -> tuple[type[CodedError], tuple[str, str]]:
        return type(self), (self.code, str(self))


class SignalError(CodedError):
    """A signal that is refused, or whose operation failed; the codes are in the reference, ``ledger-errors``."""


class OutweighedError(SignalError):
    """A signal for which a node has no room left, for others weigh more; the code is ``"outweighed"``.

    ``weight``: with so many base units its neuron could have it wait now, None where no weight would do; ``tip``: so
    would a tip of so many base units, None where no tip would.
    """

    def __init__(self, message: str, weight: int | None = None, tip: int | None = None) -> None:
        super().__init__("outweighed", message)
        self.weight, self.tip = weight, tip

    def __reduce__(self) -> tuple[type[OutweighedError], tuple[str, int | None, int | None]]:  # type: ignore[override]
        return type(self), (str(self), self.weight, self.tip)


class BlockError(CodedError):
    """A block that is refused; the codes are in the reference, ``ledger-errors``."""


class AgreementChangedError(FocusmeshError, RuntimeError):
    """Others decide the blocks from now on than the node was started for; nothing is damaged: it is started again."""


class UpgradeRequiredError(FocusmeshError, RuntimeError):
    """The network goes on by operations that this focusmesh does not have; nothing is damaged. ``release`` has them."""

    def __init__(self, release: str, message: str) -> None:
        super().__init__(message)
        self.release = release

    def __reduce__(self) -> tuple[type[UpgradeRequiredError], tuple[str, str]]:
        return type(self), (self.release, str(self))


class ProofError(CodedError):
    """A proof or a receipt that does not hold; the codes are in the reference, ``ledger-errors``."""


class LinkProgramError(CodedError):
    """A link program whose values are no links; a ledger refuses its signal with the same code."""


class GridError(CodedError):
    """What the grid refuses, with nothing changed; the codes are in the reference, ``grid-errors``."""


class ProgramError(InputError):
    """A program for the rewrite machine that cannot be read: what is wrong at ``line`` and ``column``, both from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__(f"{line}:{column}: {reason}")

    def __reduce__(self) -> tuple[type[ProgramError], tuple[str, int, int]]:
        return type(self), (self.reason, self.line, self.column)


class RuleError(InputError):
    """Rules that cannot be read or have no meaning: what is wrong at ``line`` and ``column``, both from 1.

    The message shows the line with a caret below the place.
    """

    def __init__(self, reason: str, line: int, column: int, source: str = "") -> None:
        self.reason = reason
        self.line = line
        self.column = column
        self.source = source
        shown = f"\n  {source}\n  {' ' * (column - 1)}^" if source else ""
        super().__init__(f"{line}:{column}: {reason}{shown}")

    def __reduce__(self) -> tuple[type[RuleError], tuple[str, int, int, str]]:
        return type(self), (self.reason, self.line, self.column, self.source)


class QueryError(InputError):
    """A query that cannot be read, has no meaning, or fails on a value: what is wrong, at which line and column.

    ``kind``, ``phase`` and ``detail`` are words of openCypher's TCK, such as ``SyntaxError``, ``compile time`` (or
    ``runtime``) and ``UndefinedVariable``. The message shows the line with a caret below the place.
    """

    def __init__(
        self,
        kind: str,
        phase: str,
        detail: str,
        reason: str,
        line: int,
        column: int,
        source: str = "",
    ) -> None:
        self.kind = kind
        self.phase = phase
        self.detail = detail
        self.reason = reason
        self.line = line
        self.column = column
        self.source = source
        shown = f"\n  {source}\n  {' ' * (column - 1)}^" if source else ""
        super().__init__(f"{line}:{column}: {reason}{shown}")

    @property
    def code(self) -> str:
        """``detail`` as a word for programs: ``undefined-variable``."""
        return "".join(f"-{each.lower()}" if each.isupper() else each for each in self.detail)[1:]

    def __reduce__(self) -> tuple[type[QueryError], tuple[str, str, str, str, int, int, str]]:
        return type(self), (
            *(self.kind, self.phase, self.detail, self.reason),
            *(self.line, self.column, self.source),
        )


class BadLineError(InputError):
    """The first bad line of a strict import."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file}:{line}: {reason} (strict import stops at the first bad line)")


class UnsupportedFormatError(InputError):
    """No importer or exporter is known for a file name or format name."""


class FileError(FocusmeshError, OSError):
    """A file that cannot be opened, read or written."""


class DamagedFileError(FileError):
    """A graph file, a compressed input or a backup whose bytes contradict its own header, bounds or digests."""


class NewerVersionError(FileError):
    """A graph file, a certificate, an exported chain or a store of a later format than this focusmesh can read."""


class StoreError(FileError):
    """A ledger's store that cannot be opened, read or written: what failed, on which path."""


class StoreBusyError(StoreError):
    """A store that another process is writing to; the message names its pid."""


class StoreFullError(StoreError):
    """A store whose disk is full; nothing of the change is left, and it goes on once there is room."""


class OlderStoreError(StoreError):
    """A store of an older format, which is to be upgraded first; the message has the command."""


class MissingExtraError(FocusmeshError, ImportError):
    """An optional part of focusmesh that is not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(f"{purpose} needs the extra '{extra}': pip install 'focusmesh[{extra}]'")


class CardError(FocusmeshError, RuntimeError):
    """A graphics card that is not there, or has too little memory; the message says how much is needed."""


class FuelError(FocusmeshError, RuntimeError):
    """A program of the rewrite machine that had made as many interactions as it may, and was not done."""


class BudgetError(FocusmeshError, RuntimeError):
    """A question that reached a limit; ``limit`` says which (seconds, memory_bytes, rows, inferences)."""

    def __init__(self, limit: str, message: str) -> None:
        self.limit = limit
        super().__init__(message)

    def __reduce__(self) -> tuple[type[BudgetError], tuple[str, str]]:
        return type(self), (self.limit, str(self))


class NetworkError(FocusmeshError, ConnectionError):
    """A peer that cannot be reached, does not prove who it is, breaks a limit, or is gone; ``code`` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[NetworkError], tuple[str, str]]:
        return type(self), (self.code, str(self))


class SimulationError(FocusmeshError, RuntimeError):
    """A simulated run in which something does not hold; ``code`` names it, the message has the seed that shows it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[SimulationError], tuple[str, str]]:
        return type(self), (self.code, str(self))


class PeerError(NetworkError):
    """A peer that answers why it does not answer; code and words are its own, and may be untrue."""


class ShardError(FocusmeshError, RuntimeError):
    """An exchange between shards after which there was more or less mass than before."""


class RankError(FocusmeshError, RuntimeError):
    """A rank of a cluster's work that ended, or did not answer in time: the message says which, as far as is known."""


class MemoryLimitError(FocusmeshError, MemoryError):
    """Work that is refused before it begins: the message says how much memory it needs and how much is free."""


class ConvergenceError(FocusmeshError):
    """A solver that could not reach the tolerance; the message has what it did reach.

    ``residual`` ‖R(x) − x‖₁ and the ``bound`` that follows from it, after ``sweeps`` applications of R and of what
    stands in for it, with ``rate`` the observed ratio of one residual to the one before; None where nothing was solved.
    """

    def __init__(
        self,
        message: str,
        *,
        residual: float | None = None,
        bound: float | None = None,
        sweeps: int | None = None,
        rate: float | None = None,
    ) -> None:
        self.residual = residual
        self.bound = bound
        self.sweeps = sweeps
        self.rate = rate
        super().__init__(message)

    def __reduce__(self) -> tuple[type[ConvergenceError], tuple[str], dict[str, Any]]:
        return type(self), (str(self),), dict(self.__dict__)
