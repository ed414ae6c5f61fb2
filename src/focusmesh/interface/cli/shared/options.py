"""What every command can be told, each option written once.

A command names a group (``reading: Reading``) or the record of a question (``asked: Context``), and ``command`` spreads
it into the single parameters that typer wants, so that one option has one name, one help text and one meaning
everywhere.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.shared.failures import run_guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus import FocusParams

READING, OPERATOR, OUTPUT = "Reading", "Operator", "Output"

GraphArgument = Annotated[
    str,
    typer.Argument(
        metavar="GRAPH",
        help="A .focusmesh file, a file to import, a folder (notes, documents, Python source), or - for stdin.",
        show_default=False,
    ),
]
Seed = Annotated[
    int,
    typer.Option(metavar="N", help="Seed of the random draw: the same number draws the same walk."),
]
Top = Annotated[int, typer.Option("--top", "-n", metavar="N", min=1, help="How many to list.")]
Everything = Annotated[bool, typer.Option("--all", help="List every particle.")]
Destination = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite a file that exists.")]

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        rich_help_panel=READING,
        help="Format of the file, if its suffix does not say.",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", rich_help_panel=READING, help="Stop at the first bad line.")
]
Nfc = Annotated[
    bool,
    typer.Option(
        "--nfc",
        rich_help_panel=READING,
        help="Names that differ only in how accents are composed are one (Unicode NFC).",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="PATTERN",
        rich_help_panel=READING,
        help="Leave out files that match, in folders; may be repeated.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="ROLE=NAME,…",
        rich_help_panel=READING,
        help="Names of the columns, such as source=from,target=to,weight=count.",
    ),
]
Table = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME|QUERY",
        rich_help_panel=READING,
        help="Table or view of a database, sheet of a spreadsheet, or a query: 'SELECT a AS source, …'.",
    ),
]

Preview = Annotated[
    int | None,
    typer.Option(
        "--preview",
        metavar="N",
        min=1,
        rich_help_panel=READING,
        help="Show the first N links as they are read, and stop.",
    ),
]

Texts = Annotated[
    str | None,
    typer.Option(
        "--texts",
        metavar="FILE",
        rich_help_panel=READING,
        help="A table of particles and their texts, read beside the graph.",
    ),
]

Alpha = Annotated[
    float | None,
    typer.Option(metavar="X", rich_help_panel=OPERATOR, help="Teleport of the diffusion (0.15)."),
]
Mu = Annotated[
    float | None,
    typer.Option(metavar="X", rich_help_panel=OPERATOR, help="Screening of the springs (1.0)."),
]
Tau = Annotated[
    float | None,
    typer.Option(metavar="X", rich_help_panel=OPERATOR, help="Time of the heat kernel (1.0)."),
]
Diffusion = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        rich_help_panel=OPERATOR,
        help="Share of the diffusion (0.5); the three shares sum to 1.",
    ),
]
Springs = Annotated[
    float | None,
    typer.Option(metavar="X", rich_help_panel=OPERATOR, help="Share of the springs (0.3)."),
]
Heat = Annotated[
    float | None,
    typer.Option(metavar="X", rich_help_panel=OPERATOR, help="Share of the heat kernel (0.2)."),
]
Terms = Annotated[
    int | None,
    typer.Option(metavar="K", rich_help_panel=OPERATOR, help="Terms of the two series (8)."),
]
Pagerank = Annotated[
    bool,
    typer.Option("--pagerank", rich_help_panel=OPERATOR, help="PageRank: only diffusion."),
]
Damping = Annotated[
    float | None,
    typer.Option(metavar="X", rich_help_panel=OPERATOR, help="Damping of --pagerank (0.85)."),
]
Tolerance = Annotated[
    float,
    typer.Option(
        metavar="X", rich_help_panel=OPERATOR, help="Largest bound on the L1 error of all scores."
    ),
]

Epsilon = Annotated[
    float,
    typer.Option(
        metavar="X",
        rich_help_panel=OPERATOR,
        help="Largest residual of the vector, in integers.",
    ),
]

Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="NAME",
        rich_help_panel=OPERATOR,
        help="Where it is solved: cpu, a card by its name (cuda, wgpu), or auto.",
    ),
]

AsJson = Annotated[
    bool, typer.Option("--json", rich_help_panel=OUTPUT, help="Print one JSON object.")
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", rich_help_panel=OUTPUT, help="Print no narration and no progress."
    ),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", rich_help_panel=OUTPUT, help="Show where an error came from."),
]
Threads = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=OUTPUT,
        help="Largest number of threads (all cores); results do not depend on it.",
    ),
]


NamesBy = Annotated[
    str,
    typer.Option(
        "--names",
        metavar="id|label",
        rich_help_panel=READING,
        help="Call particles by their ids (id) or their labels (label), where files have both (GraphML, Pajek, RDF …).",
    ),
]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a graph is read from a file that is not a saved one."""

    format: Format = None
    strict: Strict = False
    exclude: Exclude = None
    columns: Columns = None
    table: Table = None
    texts: Texts = None
    preview: Preview = None
    nfc: Nfc = False
    names: NamesBy = "id"

    def arguments(self) -> dict[str, Any]:
        """What ``Graph.read`` and ``read_links`` are told."""
        return {
            "format": self.format,
            "strict": self.strict,
            "exclude": tuple(self.exclude or ()),
            "columns": self.column_names(),
            "nfc": self.nfc,
            "names": self.names,
            "table": self.table,
        }

    def column_names(self) -> dict[str, str] | None:
        """``--columns`` as role → name; raises ParameterError when it is not of that form."""
        if self.columns is None:
            return None
        pairs = [part.partition("=") for part in self.columns.split(",")]
        if not all(role.strip() and name.strip() for role, _, name in pairs):
            raise ParameterError(
                f"--columns {self.columns!r}: write ROLE=NAME,ROLE=NAME, such as source=from,target=to"
            )
        return {role.strip(): name.strip() for role, _, name in pairs}


@dataclass(frozen=True, slots=True)
class OperatorOnly:
    """The operator, where how exactly its fixed point is wanted is said in another way."""

    alpha: Alpha = None
    mu: Mu = None
    tau: Tau = None
    diffusion: Diffusion = None
    springs: Springs = None
    heat: Heat = None
    terms: Terms = None
    pagerank: Pagerank = False
    damping: Damping = None

    def params(self) -> FocusParams:
        """The parameters that were asked for, verified; ParameterError states what they break."""
        from focusmesh.engine.focus import FocusParams

        given = {
            name: getattr(self, name)
            for name in ("alpha", "mu", "tau", "diffusion", "springs", "heat", "terms")
            if getattr(self, name) is not None
        }
        if not self.pagerank and self.damping is not None:
            raise ParameterError(
                "--damping belongs to --pagerank; otherwise say --alpha (1 - damping)"
            )
        if self.pagerank and given:
            raise ParameterError(
                f"--pagerank sets the operator itself: leave out --{next(iter(given))}, or say --damping"
            )
        if self.pagerank:
            params = FocusParams.pagerank(0.85 if self.damping is None else self.damping)
        else:
            params = FocusParams(**given)
        params.verify()
        return params


@dataclass(frozen=True, slots=True)
class Operator(OperatorOnly):
    """The operator and how exactly its fixed point is wanted."""

    tolerance: Tolerance = 1e-6


@dataclass(frozen=True, slots=True)
class Output:
    """Who reads what is printed, and how much of the machine it may take."""

    as_json: AsJson = False
    quiet: Quiet = False
    debug: Debug = False
    threads: Threads = None


def command(function: Callable[..., None]) -> Callable[..., None]:
    """``function`` as typer can call it: option groups spread out, failures turned into exit codes."""
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    records = {name: kind for name, kind in hints.items() if _is_record(kind)}
    parameters = [
        single
        for parameter in inspect.signature(function).parameters.values()
        for single in _spread(parameter, hints[parameter.name])
    ]

    def call(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        typed = {
            name: {each.name: given.pop(each.name) for each in _options(kind)}
            for name, kind in records.items()
        }
        output = given.get("output", Output())

        def run() -> None:
            for name, kind in records.items():
                given[name] = _question(kind, typed[name], function.__name__)
            _call_limited(function, given, output)

        run_guarded(run, debug=output.debug)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    call.__annotations__ = {single.name: single.annotation for single in parameters}
    # inspect.signature() and so typer look here first.
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _call_limited(function: Callable[..., None], given: dict[str, Any], output: Output) -> None:
    from focusmesh.engine.support.compile_events import count_compilations
    from focusmesh.engine.support.parallel import limited

    is_watched = sys.stderr.isatty() and not output.quiet
    with limited(output.threads), count_compilations(_tell_once() if is_watched else None):
        function(**given)


def _tell_once() -> Callable[[str], None]:
    """Says what somebody at a terminal waits for when the first kernel is compiled."""
    told: list[str] = []

    def tell(name: str) -> None:
        if not told:
            sys.stderr.write(
                "compiling: once for this user and version; focusmesh warm does it ahead\n"
            )
        told.append(name)

    return tell


def _spread(parameter: inspect.Parameter, kind: Any) -> list[inspect.Parameter]:
    """The parameters that stand for one parameter of a command: the fields of a group or a record, or itself."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    if _is_record(kind):
        return _options(kind)
    if not is_dataclass(kind):
        return [parameter.replace(annotation=kind, kind=keyword)]
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(field.name, keyword, default=field.default, annotation=hints[field.name])
        for field in fields(kind)
    ]


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "__struct_fields__")


def _options(record: Any) -> list[inspect.Parameter]:
    # Of the commands, few are questions: the others do not load what these are made of.
    from focusmesh.interface.cli.shared.question_options import question_options

    return question_options(record)


def _question(record: Any, typed: dict[str, Any], what: str) -> Any:
    from focusmesh.interface.cli.shared.question_options import question_typed

    return question_typed(record, typed, what)
