"""Lists as tables: text/csv as RFC 4180 has it, for who asks for it by Accept.

The columns are the fields of the items, and after them what is said of all of the answer: ``bound`` where it has one,
``root`` and ``height``. Where an item has a bound of its own as well, that is the column ``item_bound``. The cursor of
the next page is in a header. A list in a cell is JSON.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

CSV = "text/csv"
CURSOR = "Focusmesh-Cursor"
_OF_ALL = ("bound", "root", "height")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it is sent: its bytes, its media type, and the cursor of the page after it."""

    content: bytes
    media_type: str
    cursor: str | None


def wants_table(accepted: str) -> bool:
    """Whether Accept puts text/csv before JSON: a higher weight, or the same and named first."""
    weights = {"text/csv": 0.0, "application/json": 0.0}
    order: dict[str, int] = {}
    for place, one in enumerate(accepted.lower().split(",")[:32]):
        name, _, parameters = one.strip().partition(";")
        if name.strip() in weights:
            weights[name.strip()] = _weight(parameters)
            order[name.strip()] = place
    table, json = weights["text/csv"], weights["application/json"]
    if not table or table < json:
        return False
    return table > json or order["text/csv"] < order["application/json"]


def table_of(answer: Any) -> Table | None:
    """The table of an answer that has ``items``; None for one that lists nothing. Linear in the items."""
    items = getattr(answer, "items", None)
    if not isinstance(answer, msgspec.Struct) or not isinstance(items, list):
        return None
    columns = _columns(answer)
    of_all = [name for name in _OF_ALL if hasattr(answer, name)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    header = ["item_bound" if name == "bound" and name in of_all else name for name in columns]
    common = [name for name in of_all if name not in header]
    writer.writerow([*header, *common])
    told = [_cell(getattr(answer, name)) for name in common]
    for item in items:
        writer.writerow([*_cells(item, columns), *told])
    return Table(
        content=text.getvalue().encode(),
        media_type=f"{CSV}; header=present",
        cursor=getattr(answer, "cursor", None),
    )


def _columns(answer: msgspec.Struct) -> list[str]:
    """The names of the fields of an answer's items, read from its type; ``particle`` where they are names."""
    hint = type(answer).__annotations__["items"]
    (field,) = (one for one in msgspec.structs.fields(answer) if one.name == "items")
    (kind,) = getattr(field.type, "__args__", (hint,))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [one.encode_name for one in msgspec.structs.fields(kind)]
    return ["particle"]


def _cells(item: Any, columns: Sequence[str]) -> list[Any]:
    if not isinstance(item, msgspec.Struct):
        return [_cell(item)]
    values = msgspec.to_builtins(item)
    return [_cell(values.get(name)) for name in columns]


def _cell(value: Any) -> Any:
    """A value in a cell: text and numbers as they are, nothing for null, lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    return value


def _weight(parameters: str) -> float:
    for one in parameters.split(";"):
        name, _, value = one.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
