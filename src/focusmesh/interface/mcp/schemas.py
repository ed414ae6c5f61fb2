"""What tools take and give, as JSON Schema: for the nine of the memory server as there, with what was added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import Recall, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.host.service import Parameter

Schema = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"
_TYPES: dict[str, Any] = {
    "text": "string",
    "name": ["string", "integer"],
    "whole": "integer",
    "number": "number",
    "flag": "boolean",
    "bytes": "string",
}
_KEYWORDS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
"""What a bound is called in JSON Schema."""


def said(kind: str, description: str = "") -> Schema:
    """A value of a JSON type."""
    return {"type": kind} | ({"description": description} if description else {})


def array_of(items: Schema, description: str = "") -> Schema:
    """An array of values."""
    return {"type": "array", "items": items} | ({"description": description} if description else {})


def record(properties: dict[str, Schema], *optional: str, closed: bool = False) -> Schema:
    """An object; properties are required but for the ``optional``, and others refused where it is ``closed``."""
    required = [name for name in properties if name not in optional]
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema | ({"additionalProperties": False} if closed else {})


def input_schema(properties: dict[str, Schema], *optional: str) -> Schema:
    """What a tool takes.

    The dialect is left out, and that nothing else is taken, which whoever sends it is told: models are given all of
    these with every prompt.
    """
    return record(properties, *optional)


def taken_by(parameters: Iterable[Parameter]) -> Schema:
    """What a tool takes whose parameters are fields of a record."""
    listed_here = list(parameters)
    optional = [each.name for each in listed_here if not each.is_required]
    return input_schema({each.name: _schema(each) for each in listed_here}, *optional)


def _schema(parameter: Parameter) -> Schema:
    one: Schema = {"type": _TYPES[parameter.kind]}
    if parameter.choices:
        one["enum"] = list(parameter.choices)
    if parameter.kind == "bytes":
        one["pattern"] = "^([0-9a-f]{2})*$"
        one |= {_KEYWORDS[name]: 2 * value for name, value in parameter.bounds.items()}
    else:
        one |= {_KEYWORDS[name]: value for name, value in parameter.bounds.items()}
    if parameter.is_list:
        lengths = {
            name.replace("_length", "Items"): most for name, most in parameter.lengths.items()
        }
        one = {"type": "array", "items": one, **lengths}
    default = parameter.shown_default
    if not parameter.is_required and default is not None and not parameter.is_list:
        one["default"] = default
    return one | ({"description": parameter.description} if parameter.description else {})


def output_schema(properties: dict[str, Schema], *optional: str) -> Schema:
    """What a tool gives."""
    return {"$schema": _DIALECT} | record(properties, *optional, closed=True)


def entity(*, closed: bool = False) -> Schema:
    """An entity."""
    return record(
        {
            "name": said("string", "The name of the entity"),
            "entityType": said("string", "The type of the entity"),
            "observations": array_of(
                said("string"), "An array of observation contents associated with the entity"
            ),
        },
        closed=closed,
    )


def relation(*, closed: bool = False) -> Schema:
    """A relation."""
    return record(
        {
            "from": said("string", "The name of the entity where the relation starts"),
            "to": said("string", "The name of the entity where the relation ends"),
            "relationType": said("string", "The type of the relation"),
        },
        closed=closed,
    )


_DELETED = output_schema({"success": said("boolean"), "message": said("string")})
_PAGE: dict[str, Schema] = {
    each.name: _schema(each)
    for each in parameters_of(Recall, "mcp")
    if each.name in ("cursor", "budget_tokens")
}
"""How the tools that list are asked for less, and for more: as ``recall`` is."""
_PART = output_schema(
    {
        "entities": array_of(entity(closed=True)),
        "relations": array_of(relation(closed=True)),
        "nextCursor": said("string", "Where there is more: the cursor for it"),
    },
    "nextCursor",
)
CREATE_ENTITIES = (
    input_schema({"entities": array_of(entity())}),
    output_schema({"entities": array_of(entity(closed=True))}),
)
CREATE_RELATIONS = (
    input_schema({"relations": array_of(relation())}),
    output_schema({"relations": array_of(relation(closed=True))}),
)
ADD_OBSERVATIONS = (
    input_schema(
        {
            "observations": array_of(
                record(
                    {
                        "entityName": said(
                            "string", "The name of the entity to add the observations to"
                        ),
                        "contents": array_of(
                            said("string"), "An array of observation contents to add"
                        ),
                    }
                )
            )
        }
    ),
    output_schema(
        {
            "results": array_of(
                record(
                    {
                        "entityName": said("string"),
                        "addedObservations": array_of(said("string")),
                    },
                    closed=True,
                )
            )
        }
    ),
)
REMEMBER = (
    input_schema(
        {
            "text": said("string"),
            "supersedes": array_of(said("string"), "Texts that hold no more"),
        },
        "supersedes",
    ),
    output_schema(
        {
            "observations": array_of(said("string"), "The text, in passages"),
            "entities": array_of(
                record(
                    {
                        "entity": said("string"),
                        "words": said("string", "The words that name it"),
                        "start": said("integer", "Where they begin in their passage"),
                    },
                    closed=True,
                )
            ),
            "note": said("string", "The entity that was made where a passage names none"),
        }
    ),
)
DELETE_ENTITIES = (
    input_schema({"entityNames": array_of(said("string"), "An array of entity names to delete")}),
    _DELETED,
)
DELETE_OBSERVATIONS = (
    input_schema(
        {
            "deletions": array_of(
                record(
                    {
                        "entityName": said(
                            "string", "The name of the entity containing the observations"
                        ),
                        "observations": array_of(
                            said("string"), "An array of observations to delete"
                        ),
                    }
                )
            )
        }
    ),
    _DELETED,
)
DELETE_RELATIONS = (
    input_schema({"relations": array_of(relation(), "An array of relations to delete")}),
    _DELETED,
)
READ_GRAPH = (input_schema(_PAGE, *_PAGE), _PART)
SEARCH_NODES = (
    input_schema(
        {
            "query": said(
                "string",
                "The search query to match against entity names, types, and observation content",
            ),
            **_PAGE,
        },
        *_PAGE,
    ),
    _PART,
)
OPEN_NODES = (
    input_schema(
        {"names": array_of(said("string"), "An array of entity names to retrieve"), **_PAGE}, *_PAGE
    ),
    _PART,
)
RECALLED = output_schema(
    {
        "items": array_of(
            record(
                {
                    "rank": said("integer"),
                    "kind": {
                        **said("string"),
                        "enum": ["entity", "observation", "particle"],
                    },
                    "text": said("string", "An entity's name, or what was observed"),
                    "value": said("number", "What items are listed by"),
                    "score": said("number", "Its focus as seen from the question"),
                    "entityType": said("string"),
                    "of": array_of(said("string"), "The entities that it was observed of"),
                    "told": said("integer", "When it was first, as links have times"),
                    "supersedes": array_of(said("string"), "What it replaced"),
                    "whole": said("boolean", "False where the text was cut to the budget"),
                },
                "entityType",
                "of",
                "told",
                "supersedes",
                "whole",
                closed=True,
            )
        ),
        "bound": said("number", "All scores together are off by at most this"),
        "root": said("string", "Names the memory that was asked"),
        "height": {"type": ["integer", "null"], "description": "The ledger's block"},
        "nextCursor": said("string", "Where there is more: the cursor for it"),
    },
    "height",
    "nextCursor",
)
EXPLAINED = output_schema(
    {
        "particle": said("string"),
        "seeds": array_of(said("string"), "What the question named, or the context"),
        "score": said("number"),
        "bound": said("number"),
        "walks": array_of(
            record(
                {
                    "share": said("number", "The part of the score that came this way"),
                    "way": said("string"),
                    "evidence": array_of(
                        record(
                            {
                                "step": said("integer", "Of the way, from 0"),
                                "words": said("string", "Where one end names the other"),
                                "start": said("integer", "Where they begin in its text"),
                            },
                            closed=True,
                        )
                    ),
                },
                "evidence",
                closed=True,
            )
        ),
        "background": said("number", "What it scores without the context"),
        "remainder": said("number", "What came by other ways"),
        "root": said("string"),
        "height": {"type": ["integer", "null"]},
    }
)
QUERIED = output_schema(
    {
        "relations": array_of(
            record(
                {
                    "name": said("string"),
                    "columns": array_of(said("string")),
                    "rows": array_of(array_of({})),
                    "more": said("integer", "So many rows were left out"),
                },
                "more",
                closed=True,
            )
        ),
        "root": said("string"),
        "height": {"type": ["integer", "null"]},
        "stopped": said("string", "The limit that ended it: other rows may follow too"),
        "unsettled": said("object", "Rows of relations that may be there or not: scores are close"),
    },
    "height",
    "stopped",
    "unsettled",
)
WHY = output_schema(
    {
        "holds": said("boolean"),
        "text": said("string", "The proof, or how far each rule comes"),
        "root": said("string"),
        "height": {"type": ["integer", "null"]},
        "whole": said("boolean", "False where it was cut to the budget"),
    },
    "height",
    "whole",
)
PROVED = output_schema(
    {
        "kind": said("string", "rank or link"),
        "height": said("integer", "The block that it is proved of"),
        "network": said("string"),
        "state_root": said("string"),
        "author": {
            "type": ["string", "null"],
            "description": "Whose link it is: a public key",
        },
        "result": said("object", "What is proved"),
        "receipt": said("string", "URI of the receipt: read it, and `focusmesh verify` it"),
        "bytes": said("integer", "The size of the receipt"),
    }
)
