"""What tools take and give, as JSON Schema: for the nine of the memory server as there, with what was added."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"


def said(kind: str, description: str = "") -> Schema:
    """A value of a JSON type."""
    return {"type": kind} | ({"description": description} if description else {})


def listed(items: Schema, description: str = "") -> Schema:
    """An array of values."""
    return {"type": "array", "items": items} | ({"description": description} if description else {})


def record(properties: dict[str, Schema], *optional: str, closed: bool = False) -> Schema:
    """An object; properties are required but for the ``optional``, and others refused where it is ``closed``."""
    required = [name for name in properties if name not in optional]
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema | ({"additionalProperties": False} if closed else {})


def taken(properties: dict[str, Schema], *optional: str) -> Schema:
    """What a tool takes."""
    return {"$schema": _DIALECT} | record(properties, *optional)


def given(properties: dict[str, Schema], *optional: str) -> Schema:
    """What a tool gives."""
    return {"$schema": _DIALECT} | record(properties, *optional, closed=True)


def entity(*, closed: bool = False) -> Schema:
    """An entity."""
    return record(
        {
            "name": said("string", "The name of the entity"),
            "entityType": said("string", "The type of the entity"),
            "observations": listed(
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


_DELETED = given({"success": said("boolean"), "message": said("string")})
_PAGE = {
    "cursor": said("string", "The nextCursor of the last answer, for what follows on it"),
    "budget_tokens": {
        **said("integer", "At most so many tokens are answered, the most important first"),
        "minimum": 1,
    },
}
_PART = given(
    {
        "entities": listed(entity(closed=True)),
        "relations": listed(relation(closed=True)),
        "nextCursor": said("string", "Where there is more: the cursor for it"),
    },
    "nextCursor",
)
_QUESTION = {
    "question": said("string", "What is asked, in words"),
    "context": listed(
        said("string"), "Names of entities or other particles where the asker stands"
    ),
}

CREATE_ENTITIES = (
    taken({"entities": listed(entity())}),
    given({"entities": listed(entity(closed=True))}),
)
CREATE_RELATIONS = (
    taken({"relations": listed(relation())}),
    given({"relations": listed(relation(closed=True))}),
)
ADD_OBSERVATIONS = (
    taken(
        {
            "observations": listed(
                record(
                    {
                        "entityName": said(
                            "string", "The name of the entity to add the observations to"
                        ),
                        "contents": listed(
                            said("string"), "An array of observation contents to add"
                        ),
                    }
                )
            )
        }
    ),
    given(
        {
            "results": listed(
                record(
                    {
                        "entityName": said("string"),
                        "addedObservations": listed(said("string")),
                    },
                    closed=True,
                )
            )
        }
    ),
)
DELETE_ENTITIES = (
    taken({"entityNames": listed(said("string"), "An array of entity names to delete")}),
    _DELETED,
)
DELETE_OBSERVATIONS = (
    taken(
        {
            "deletions": listed(
                record(
                    {
                        "entityName": said(
                            "string", "The name of the entity containing the observations"
                        ),
                        "observations": listed(
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
    taken({"relations": listed(relation(), "An array of relations to delete")}),
    _DELETED,
)
READ_GRAPH = (taken(_PAGE, *_PAGE), _PART)
SEARCH_NODES = (
    taken(
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
    taken(
        {"names": listed(said("string"), "An array of entity names to retrieve"), **_PAGE}, *_PAGE
    ),
    _PART,
)
RECALL = (
    taken(
        {
            **_QUESTION,
            **_PAGE,
            "k": {**said("integer", "List at most so many"), "minimum": 1, "maximum": 1_000},
        },
        *_QUESTION,
        *_PAGE,
        "k",
    ),
    given(
        {
            "items": listed(
                record(
                    {
                        "rank": said("integer"),
                        "kind": {
                            **said("string"),
                            "enum": ["entity", "observation", "particle"],
                        },
                        "text": said("string", "An entity's name, or what was observed"),
                        "score": said("number", "Its focus as seen from the question"),
                        "entityType": said("string"),
                        "of": listed(said("string"), "The entities that it was observed of"),
                        "whole": said("boolean", "False where the text was cut to the budget"),
                    },
                    "entityType",
                    "of",
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
    ),
)
EXPLAIN = (
    taken(
        {
            "particle": said("string", "What to explain: an entity's name, or an observation"),
            **_QUESTION,
            "walks": {**said("integer", "List so many walks (5)"), "minimum": 1, "maximum": 100},
            "budget_tokens": _PAGE["budget_tokens"],
        },
        *_QUESTION,
        "walks",
        "budget_tokens",
    ),
    given(
        {
            "particle": said("string"),
            "seeds": listed(said("string"), "What the question named, or the context"),
            "score": said("number"),
            "bound": said("number"),
            "walks": listed(
                record(
                    {
                        "share": said("number", "The part of the score that came this way"),
                        "way": said("string"),
                    },
                    closed=True,
                )
            ),
            "background": said("number", "What it scores without the context"),
            "remainder": said("number", "What came by other ways"),
            "root": said("string"),
            "height": {"type": ["integer", "null"]},
        }
    ),
)
PROVE = (
    taken(
        {
            "entity": said("string", "Prove the score of this entity or observation, or"),
            "source": said("string", "prove the link that leads from here (an entity's name)"),
            "target": said("string", "to there (an observation, a type, another entity)"),
        },
        "entity",
        "source",
        "target",
    ),
    given(
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
    ),
)
