"""Links of a database: which of its tables holds them, or what a query gives, row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from focusmesh.engine.importers.text_rows.table_header import (
    note_passed_over,
    note_properties,
    note_roles,
)
from focusmesh.engine.importers.typed_rows.rows import BATCH_ROWS, TypedRows
from focusmesh.engine.links import (
    MORE_COLUMNS_MAX,
    describing_roles,
    required_roles,
    roles_of,
    shorten,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.typed_rows.cells import Cell
    from focusmesh.engine.links import LinkColumns

_QUERY = re.compile(r"\s*(?:select|with)\s", re.IGNORECASE)
_TABLES_SHOWN, _COLUMNS_SHOWN = 12, 8
_ADVICE = (
    "say which with --table NAME, or --table 'SELECT …' (table= in Python), "
    "and which columns with --columns source=…,target=…"
)


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table or view: its name, the schema before it where that is not the usual one, and its columns."""

    name: str
    columns: tuple[str, ...]
    schema: str = ""
    is_view: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def title(self) -> str:
        """The name with the first of the columns."""
        listed = [_display(name) for name in self.columns[:_COLUMNS_SHOWN]]
        if len(self.columns) > _COLUMNS_SHOWN:
            listed.append("…")
        return f"{_display(self.full_name)} ({', '.join(listed)})"


class Database(Protocol):
    """An open database. Each method raises InputError with the database's words, DamagedFileError for a broken file."""

    def tables(self) -> list[DatabaseTable]:
        """Its tables and views, by name, without those of the database itself."""
        ...

    def select(self, query: str) -> Sequence[str]:
        """Starts a query; the names of its columns."""
        ...

    def fetch(self, count: int) -> Sequence[Sequence[Cell]]:
        """The next rows of the query, at most ``count``; none at the end."""
        ...


def read_database(database: Database, reading: Reading) -> LinkColumns:
    """The links of the table or query that ``reading`` asks for, or of the only table that has links. O(rows).

    Roles go by the names of columns, as in a CSV. Columns without a role are properties.
    Raises InputError where several tables, or none, could be meant.
    """
    asked = reading.table
    if asked is not None and _QUERY.match(asked):
        names = list(database.select(asked))
        places = required_roles(names, reading.columns, f"the query to {reading.path}")
        what = "query"
    else:
        table = _table(database.tables(), reading)
        names = list(table.columns)
        found = required_roles(names, reading.columns, _where(table, reading))
        what = f"table {_display(table.full_name)}"
        more = [name for at, name in enumerate(names) if at not in found.values()]
        names = [names[at] for at in found.values()] + more[:MORE_COLUMNS_MAX]
        note_passed_over(more[MORE_COLUMNS_MAX:], reading)
        database.select(_selection(table, names))
        places = {role: at for at, role in enumerate(found)}
    reading.note(what)
    note_roles({role: names[at] for role, at in places.items()}, reading)
    others = {name: at for at, name in enumerate(names) if at not in places.values()}
    note_properties([*others], reading)
    return _links(database, TypedRows(places, reading, more=others), what, reading)


def _links(database: Database, links: TypedRows, what: str, reading: Reading) -> LinkColumns:
    throttle = reading.throttle(None, "rows")
    while rows := database.fetch(min(BATCH_ROWS, reading.first or BATCH_ROWS)):
        before = reading.line_count
        reading.line_count += len(rows)
        links.add(rows, range(before + 1, reading.line_count + 1))
        throttle.at(reading.line_count)
        if reading.first is not None and links.link_count >= reading.first:
            break
    throttle.finish(reading.line_count)
    if not reading.line_count:
        raise InputError(f"{reading.path}: the {what} has no rows")
    return links.columns()


def _table(tables: Sequence[DatabaseTable], reading: Reading) -> DatabaseTable:
    """The table that is asked for by name, or the only one that has links."""
    if not tables:
        raise InputError(f"{reading.path} has no tables")
    if reading.table is not None:
        named = [each for each in tables if reading.table == each.full_name] or [
            each for each in tables if reading.table == each.name
        ]
        if len(named) != 1:
            what = "several tables" if named else "no table"
            raise InputError(
                f"{reading.path} has {what} called {shorten(reading.table)}; there are {_table_list(tables)}"
            )
        return named[0]
    understood = [each for each in tables if _has_links(each, reading)]
    # A view only shows what tables have, so it is taken where no table is.
    found = [each for each in understood if not each.is_view] or understood
    if not found and len(tables) == 1 and not reading.columns:
        found = [each for each in tables if describing_roles(each.columns, {}, reading.path)]
    if len(found) == 1:
        return found[0]
    what = (
        "several tables that could be the links" if found else "no table that is plainly the links"
    )
    raise InputError(f"{reading.path} has {what}: {_table_list(found or tables)}; {_ADVICE}")


def _has_links(table: DatabaseTable, reading: Reading) -> bool:
    if not set(reading.columns.values()) <= set(table.columns):
        return False
    try:
        return {"source", "target"} <= roles_of(table.columns, reading.columns, "").keys()
    except InputError:
        return False


def _selection(table: DatabaseTable, columns: Sequence[str]) -> str:
    where = ".".join(_quote(part) for part in (table.schema, table.name) if part)
    return f"SELECT {', '.join(map(_quote, columns))} FROM {where}"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _where(table: DatabaseTable, reading: Reading) -> str:
    return f"the table {_display(table.full_name)} of {reading.path}"


def _table_list(tables: Sequence[DatabaseTable]) -> str:
    listed = [each.title for each in tables[:_TABLES_SHOWN]]
    more = len(tables) - len(listed)
    return "; ".join(listed) + (f"; and {more:,} more" if more else "")


def _display(name: str) -> str:
    return name if name.isprintable() else shorten(name)
