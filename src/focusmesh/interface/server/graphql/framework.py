"""What is used of strawberry and graphql-core, in one place: whoever lacks the extra is told so by name."""

from __future__ import annotations

from typing import Any

from focusmesh.errors import MissingExtraError

try:
    import graphql
    import strawberry
    from graphql import (
        DocumentNode,
        ExecutionResult,
        FieldNode,
        FragmentDefinitionNode,
        FragmentSpreadNode,
        GraphQLError,
        GraphQLSchema,
        InlineFragmentNode,
        IntValueNode,
        ListValueNode,
        OperationDefinitionNode,
        OperationType,
        SelectionNode,
        SelectionSetNode,
        StringValueNode,
        ValueNode,
        VariableNode,
        get_named_type,
        is_leaf_type,
        is_list_type,
        is_non_null_type,
    )
    from strawberry import Info, Schema
    from strawberry.dataloader import DataLoader
    from strawberry.schema.config import StrawberryConfig
except ImportError as error:
    raise MissingExtraError("serve", "GraphQL") from error

__all__ = [
    "DataLoader",
    "DocumentNode",
    "ExecutionResult",
    "FieldNode",
    "FragmentDefinitionNode",
    "FragmentSpreadNode",
    "GraphQLError",
    "GraphQLSchema",
    "Info",
    "InlineFragmentNode",
    "IntValueNode",
    "ListValueNode",
    "OperationDefinitionNode",
    "OperationType",
    "Schema",
    "SelectionNode",
    "SelectionSetNode",
    "StrawberryConfig",
    "StringValueNode",
    "ValueNode",
    "VariableNode",
    "core_of",
    "get_named_type",
    "graphql",
    "is_leaf_type",
    "is_list_type",
    "is_non_null_type",
    "strawberry",
]


def core_of(schema: Schema) -> Any:
    """graphql-core's schema in one of strawberry: queries are prepared once and executed with it."""
    return schema._schema
