"""The schema, made once a process, and its text."""

from __future__ import annotations

from functools import cache
from typing import Any

from focusmesh.interface.server.graphql.framework import Schema, StrawberryConfig, core_of
from focusmesh.interface.server.graphql.query import query_type
from focusmesh.interface.server.graphql.types import SCALARS


@cache
def _schema() -> Schema:
    return Schema(query_type(), config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS))


def core_schema() -> Any:
    """The schema that queries are validated against and executed with."""
    return core_of(_schema())


def schema_text() -> str:
    """The schema in GraphQL's own language, as docs/reference/schema.graphql has it."""
    return _schema().as_str() + "\n"
