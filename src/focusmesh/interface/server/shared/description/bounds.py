"""The ranges of parameters and of fields of bodies, as they are written in the code: litestar leaves out some of them.

It drops a bound of 0, puts those of a parameter that may be left out beside its type, and says that it may be null,
which nothing in a URL can be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.interface.server.shared.description.queries import field_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_REF = "#/components/schemas/{name}"
_OF_NUMBERS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}
_OF_TEXTS = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}
_OF_LISTS = {"min_items": "minItems", "max_items": "maxItems"}
KEYWORDS = _OF_NUMBERS | _OF_TEXTS
"""What JSON Schema calls the bounds of one value."""
_TYPED = re.compile(r"{(\w+):\w+}")


def with_bounds(
    document: dict[str, Any], handlers: Iterable[Any], bodies: Sequence[type[Any]]
) -> None:
    """Writes into an OpenAPI document what ``handlers`` take, and what the ``bodies`` have, with all their bounds."""
    for handler in handlers:
        for path in handler.paths:
            operations = document["paths"].get(_TYPED.sub(r"{\1}", path), {})
            for method in handler.http_methods:
                if str(method).lower() in operations:
                    _bound(operations[str(method).lower()], handler)
    _, components = msgspec.json.schema_components(bodies, ref_template=_REF)
    document["components"]["schemas"].update(components)


def _bound(operation: dict[str, Any], handler: Any) -> None:
    fields = handler.parsed_fn_signature.parameters
    definitions = {
        public: fields[name].kwarg_definition for name, public in field_names(handler).items()
    }
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _with_bounds(parameter["schema"], definitions[parameter["name"]])


def _with_bounds(schema: dict[str, Any], definition: Any) -> dict[str, Any]:
    kinds = schema.get("oneOf", ())
    (plain,) = [one for one in kinds if one.get("type") != "null"] or [
        {name: value for name, value in schema.items() if name not in ("description", "default")}
    ]
    said = {name: schema[name] for name in ("description", "default") if name in schema}
    return {**plain, **_said(plain, definition), **said}


def _said(plain: dict[str, Any], definition: Any) -> dict[str, Any]:
    """The bounds of a definition, under the names that JSON Schema has for its type."""
    whole = plain.get("type") == "integer"
    names = _OF_LISTS if plain.get("type") == "array" else KEYWORDS
    found = {
        public: getattr(definition, name, None)
        for name, public in names.items()
        if getattr(definition, name, None) is not None
    }
    return {
        name: int(value) if whole and isinstance(value, float) else value
        for name, value in found.items()
    }
