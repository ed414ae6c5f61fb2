"""The first records of a table: what separates their fields, whether one is a header, which column plays which role."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from focusmesh.engine.links import (
    DIRECTIONS,
    MORE_COLUMNS_MAX,
    RowLayout,
    describing_roles,
    integer_of,
    plain_name,
    required_roles,
    roles_of,
    shorten,
    time_of,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.engine.importers.import_run import Reading

_DELIMITERS = (b",", b"\t", b";", b"|")
_QUOTED = re.compile(rb'"[^"\n]*"')
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_DECIMAL_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.I
)
_TITLE = re.compile(r"[^\W\d][\w .:()\-]{0,39}")
_NEO4J_NODES = re.compile(r".*:ID(?:\([^()]*\))?")
_NEO4J_NUMBER = re.compile(r".+:(?:int|long|float|double)")
_MOMENT = re.compile(
    r"(?:^|_)(?:since|until|from|to|year|month|day|date|time|timestamp|born|created|updated)(?:_|$)"
)
_LINES_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class TableHeader:
    """Which field of a record plays which role, and how many of the first records are no links.

    ``edge_data``: the third field is data in braces.
    """

    layout: RowLayout
    used_records: int = 0
    edge_data: bool = False


def delimiter_of(head: bytes, preferred: bytes) -> bytes:
    """What separates the fields of a text that begins so.

    It is ``preferred`` where the first line has it outside of quotes, else the first of ``, tab ; |`` that it has; but
    the semicolon, where each comma stands in a number behind two other fields. Lines that begin with # are left aside.
    """
    lines = [
        line for line in head.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT] if line.strip()
    ]
    told = [line for line in lines if not line.startswith(b"#")] or lines or [b""]
    first = _QUOTED.sub(b"", told[0])
    if b";" in first and b"," in first and all(map(_has_decimal_commas, told[:-1] or told)):
        return b";"
    others = (delimiter for delimiter in _DELIMITERS if delimiter in first)
    return preferred if preferred in first else next(others, preferred)


def _has_decimal_commas(line: bytes) -> bool:
    """Whether each comma of a line with semicolons is that of a number behind the two names."""
    source, target, *rest = [*line.decode(errors="replace").strip().split(";"), "", ""][:-1]
    commas = [field for field in rest if "," in field]
    return (
        not any("," in name for name in (source, target))
        and bool(rest)
        and all(_DECIMAL_COMMA.fullmatch(field.strip().strip('"')) for field in commas)
    )


def header_of(records: Sequence[list[str]], reading: Reading, line_count: int) -> TableHeader:
    """What the first records of a table say; ``line_count`` lines went before them. Tells ``reading`` what it is.

    The first record is a header when columns= is given, when it names a source and a target (or a text), and when it
    has no number where those below it have: two integers, or a weight. Before a header, lines that begin with # are
    comments; so are those with another number of fields than the line below.
    """
    comments, marked = _comments(records, reading)
    used = comments + 1
    first = records[comments] if len(records) > comments else []
    if marked:
        first = _strip_comment(first)
    if comments:
        count = sum(map(bool, records[:comments]))
        said = f"{count} lines that begin with #" if count > 1 else "a line that begins with #"
        reading.note(f"{said} passed over")
    rest = [record for record in records[used:] if record]
    line = line_count + used
    _warn_of_marked(rest, reading)
    named = _layout_by_names(first, rest, f"{reading.path} (header in line {line})", reading)
    if named is not None:
        return TableHeader(_with_decimals(named, rest, line + 1, reading), used)
    return _by_position(first, rest, used, line, reading)


def _layout_by_names(
    first: list[str], rest: list[list[str]], where: str, reading: Reading
) -> RowLayout | None:
    """The layout that a header tells by the names of its columns; None where it does not."""
    if reading.columns:
        roles = required_roles(first, reading.columns, where)
    else:
        found = roles_of(first, {}, where)
        described = describing_roles(first, {}, where)
        if {"source", "target"} <= found.keys():
            roles = found
        elif described is not None:
            roles = described
        else:
            _refuse_nodes(first, where)
            return None
    direction = _direction(first, roles, rest, reading)
    passed = {direction, _odd_time(first, roles, rest, reading)} - {None}
    if passed:
        others = ["" if at in passed else name for at, name in enumerate(first)]
        roles = roles_of(others, reading.columns, where)
    if "weight" not in roles and "target" in roles:
        numbers = [at for at, name in enumerate(first) if _NEO4J_NUMBER.fullmatch(name.strip())]
        free = [at for at in numbers if at not in roles.values()]
        if len(free) == 1 and not _dates(first[free[0]]):
            roles["weight"] = free[0]
    reading.note("header")
    names = {role: first[at].strip() for role, at in roles.items()}
    if {plain_name(name) for name in (names["source"], names.get("target", ""))} == {
        "head",
        "tail",
    }:
        reading.note(f"from {names['source']} to {names['target']}")
    note_roles(names, reading)
    used = {*roles.values(), direction}
    more = _columns_without_roles(first, used | passed)
    note_properties([name for name, _ in more], reading)
    used |= {at for _, at in more}
    note_passed_over([name for at, name in enumerate(first) if at not in used], reading)
    return replace(_layout(first, roles), direction=direction, more=more)


def _columns_without_roles(first: list[str], used: set[int | None]) -> tuple[tuple[str, int], ...]:
    """The columns that become properties, by name; of several of one name the first."""
    places: dict[str, int] = {}
    for at, name in enumerate(first):
        if at not in used and name.strip():
            places.setdefault(name.strip(), at)
    return tuple(places.items())[:MORE_COLUMNS_MAX]


def _dates(name: str) -> bool:
    """Whether a column of numbers says when a link came to be, rather than how much it weighs."""
    return _MOMENT.search(plain_name(name)) is not None


def _refuse_nodes(first: list[str], where: str) -> None:
    if any(_NEO4J_NODES.fullmatch(name.strip()) for name in first):
        raise InputError(
            f"{where} lists nodes for Neo4j and no links: read the file of relationships (:START_ID, :END_ID); texts "
            "of nodes go beside it with --texts, once a column is called text"
        )


def _direction(
    first: list[str], roles: dict[str, int], rest: list[list[str]], reading: Reading
) -> int | None:
    """The column Type of Gephi: it says Directed or Undirected in each row, which is no relation."""
    place = roles.get("relation")
    if place is None or "relation" in reading.columns or plain_name(first[place]) != "type":
        return None
    said = [record[place].casefold() for record in rest if len(record) == len(first)]
    if not said or any(text not in DIRECTIONS for text in said):
        return None
    reading.note(f"{first[place].strip()} says which links count both ways")
    return place


def _odd_time(
    first: list[str], roles: dict[str, int], rest: list[list[str]], reading: Reading
) -> int | None:
    """The column that is a time by its name, where nobody asked for it and nothing in it is one."""
    place = roles.get("time")
    if place is None or "target" not in roles or "time" in reading.columns:
        return None
    said = [record[place] for record in rest if len(record) == len(first)]
    if not said or any(isinstance(time_of(text), int) for text in said):
        return None
    reading.warn(
        f"{reading.path}: the column {first[place]!r} is passed over, as {shorten(said[0])} is no time: times are "
        "integers or ISO 8601 (2024-05-01)"
    )
    return place


def _comments(records: Sequence[list[str]], reading: Reading) -> tuple[int, bool]:
    """How many of the first records are comments, and whether the one below begins with # and is a header."""
    count = 0
    while count < len(records) and (not records[count] or records[count][0].startswith("#")):
        count += 1
    marked = [record for record in records[:count] if record]
    if not marked:
        return 0, False
    following = records[count] if count < len(records) else []
    wanted = set(reading.columns.values())
    if wanted and wanted <= set(records[0]):
        return 0, False
    if _names_ends(following) or (wanted and wanted <= set(following)):
        return count, False
    last = _strip_comment(records[count - 1])
    if len(last) == len(following) and (_names_ends(last) or (wanted and wanted <= set(last))):
        return count - 1, True
    if not following or all(len(record) != len(following) for record in marked):
        return count, False
    names = ",".join(
        f"{role}={name}" for role, name in zip(("source", "target"), last, strict=False)
    )
    reading.warn(
        f"{reading.path}:1: a line that begins with # is read as a link; if it is a comment, take it out of the file; "
        f"if it names the columns, say --columns {names} (columns= in Python)"
    )
    return 0, False


def _warn_of_marked(rest: list[list[str]], reading: Reading) -> None:
    """Warns of a line below the first that looks like a comment, and has as many fields as a link."""
    for record in rest:
        if record[0].startswith("# ") and len(record) == len(rest[0]):
            reading.warn(
                f"{reading.path}: a line that begins with {shorten(record[0])} is read as a link; if it is a comment, "
                "take it out of the file"
            )
            return


def _strip_comment(record: list[str]) -> list[str]:
    return [record[0].lstrip("#").strip(), *record[1:]] if record else []


def _names_ends(record: list[str]) -> bool:
    return {"source", "target"} <= roles_of(record, {}, "").keys()


def _layout(names: list[str], roles: dict[str, int]) -> RowLayout:
    return RowLayout(
        source=roles["source"],
        target=roles.get("target", roles["source"]),
        weight=roles.get("weight"),
        relation=roles.get("relation"),
        author=roles.get("author"),
        time=roles.get("time"),
        text=roles.get("text"),
        fewest=len(names),
        most=len(names),
    )


def _by_position(
    first: list[str], rest: list[list[str]], used: int, line: int, reading: Reading
) -> TableHeader:
    """Columns 1, 2 and 3 are source, target and weight; the first record may still be a header."""
    if all(len(record) > 2 and record[2].startswith("{") for record in (first, *rest)):
        reading.note("no header")
        reading.note("weight in braces")
        layout = RowLayout(weight=2, fewest=2, most=3)
        return TableHeader(layout, used - 1, edge_data=True)
    count = max(len(first), 2)
    layout = RowLayout(weight=2 if count > 2 else None, fewest=count, most=count)
    is_header = heads_integers(first, rest[0] if rest else []) or _heads_weights(first, rest)
    reading.note(f"header ({', '.join(first)})" if is_header else "no header")
    if count > 2:
        reading.note("weight = column 3")
    if count > 3:
        note_passed_over([f"column {at + 1}" for at in range(3, count)], reading)
        _warn_of_cut_numbers(rest, reading)
    if is_header:
        return TableHeader(_with_decimals(layout, rest, line + 1, reading), used)
    warn_of_header(first, rest, line, reading)
    return TableHeader(_with_decimals(layout, [first, *rest], line, reading), used - 1)


def heads_integers(first: list[str], second: list[str]) -> bool:
    """Whether ``first`` can only be a header: no number in it, two integers under it."""
    return (
        len(second) >= 2
        and all(integer_of(text.encode()) is not None for text in second[:2])
        and not any(text.strip().lstrip("+-.")[:1].isdecimal() for text in first)
    )


def _heads_weights(first: list[str], rest: list[list[str]]) -> bool:
    """Whether ``first`` can only be a header: three words where every other record has a number behind two names."""
    return (
        len(first) > 2
        and bool(rest)
        and all(_TITLE.fullmatch(text) and not _NUMBER.fullmatch(text) for text in first[:3])
        and all(len(record) == len(first) and _NUMBER.fullmatch(record[2]) for record in rest)
    )


def warn_of_header(
    first: list[str], rest: list[list[str]], line: int, reading: Reading, how: str = ""
) -> None:
    """Warns where a first record that is read as a link looks like a header: words that do not come again.

    ``how`` says what to do about it.
    """
    again = {text for record in rest for text in record[:2]}
    titles = all(_TITLE.fullmatch(text) and not any(map(str.isdigit, text)) for text in first[:2])
    if len(first) < 2 or not rest or not titles or again & set(first[:2]) or first[0] == first[1]:
        return
    source, target = first[:2]
    how = how or f"say --columns source={source},target={target} (columns= in Python)"
    reading.warn(
        f"{reading.path}:{line}: {source!r} → {target!r} is read as a link; if that line is a header, {how}"
    )


def _warn_of_cut_numbers(rest: list[list[str]], reading: Reading) -> None:
    """Warns where two columns of digits may be one number that its decimal comma has cut."""
    behind = [record[2:4] for record in rest if len(record) == 4]
    if behind and all(
        a.lstrip("+-").isdecimal() and b.isdecimal() and len(b) <= 3 for a, b in behind
    ):
        reading.warn(
            f"{reading.path}: columns 3 and 4 are digits: if they are one weight with a decimal comma, write decimal "
            "points, or semicolons between the columns"
        )


def _with_decimals(
    layout: RowLayout, records: list[list[str]], line: int, reading: Reading
) -> RowLayout:
    """The layout with what stands before decimals: the first weight that has either mark decides."""
    if layout.weight is None:
        return layout
    place = layout.weight
    weights = [record[place] for record in records if len(record) == layout.most]
    commas = [text for text in weights if _DECIMAL_COMMA.fullmatch(text)]
    marked = (w for w in weights if _DECIMAL_COMMA.fullmatch(w) or _DECIMAL_POINT.fullmatch(w))
    if not commas or "," not in next(marked, "") or "comma" in reading.notes:
        return layout
    reading.note("decimal commas")
    if all(_THOUSANDS.fullmatch(text) for text in commas):
        reading.warn(
            f"{reading.path}:{line}: the weight {commas[0]!r} is read as {commas[0].replace(',', '.')}: if its comma "
            "parts thousands, take the commas out"
        )
    return replace(layout, decimal_comma=True)


def note_roles(names: Mapping[str, str], reading: Reading) -> None:
    """Says which columns play the roles that not every table has; ``names`` has the name of each by its role."""
    for role in ("weight", "relation", "author", "time", "text"):
        if role in names:
            name = names[role]
            reading.note(f"{role} column" if name == role else f"{role} = {name}")


def note_properties(names: list[str], reading: Reading) -> None:
    """Says which columns are properties."""
    if names:
        shown = ", ".join(name.strip() for name in names[:5])
        reading.note(f"properties: {shown}{', …' if len(names) > 5 else ''}")


def note_passed_over(names: list[str], reading: Reading) -> None:
    """Says which columns have no role."""
    if names:
        shown = ", ".join(name.strip() or "one without a name" for name in names[:5])
        reading.note(f"passed over: {shown}{', …' if len(names) > 5 else ''}")
