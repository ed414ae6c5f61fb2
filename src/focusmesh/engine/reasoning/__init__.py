"""Reasoning: rules over the links of a graph, evaluated to their least model, patterns, and the registry of operators.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.operators import OPERATORS as OPERATORS
    from focusmesh.engine.reasoning.operators import OperatorRows as OperatorRows
    from focusmesh.engine.reasoning.operators import core_numbers as core_numbers
    from focusmesh.engine.reasoning.operators import neighbour_links as neighbour_links
    from focusmesh.engine.reasoning.operators import operator_rows as operator_rows
    from focusmesh.engine.reasoning.query import Table as Table
    from focusmesh.engine.reasoning.query import TableLink as TableLink
    from focusmesh.engine.reasoning.query import TablePath as TablePath
    from focusmesh.engine.reasoning.query import ask_query as ask_query
    from focusmesh.engine.reasoning.query import explain_query as explain_query
    from focusmesh.engine.reasoning.query import read_written_graph as read_written_graph
    from focusmesh.engine.reasoning.registry import Argument as Argument
    from focusmesh.engine.reasoning.registry import Column as Column
    from focusmesh.engine.reasoning.registry import OperatorAtom as OperatorAtom
    from focusmesh.engine.reasoning.registry import OperatorRegistry as OperatorRegistry
    from focusmesh.engine.reasoning.relations import Meter as Meter
    from focusmesh.engine.reasoning.relations import QueryLimits as QueryLimits
    from focusmesh.engine.reasoning.relations import StepProfile as StepProfile
    from focusmesh.engine.reasoning.rules import GRAPH_RELATIONS as GRAPH_RELATIONS
    from focusmesh.engine.reasoning.rules import Proof as Proof
    from focusmesh.engine.reasoning.rules import ProofStep as ProofStep
    from focusmesh.engine.reasoning.rules import RuleChanges as RuleChanges
    from focusmesh.engine.reasoning.rules import RuleFailure as RuleFailure
    from focusmesh.engine.reasoning.rules import RuleSet as RuleSet
    from focusmesh.engine.reasoning.rules import RuleView as RuleView
    from focusmesh.engine.reasoning.rules import SnapshotSource as SnapshotSource
    from focusmesh.engine.reasoning.rules import failures as failures
    from focusmesh.engine.reasoning.rules import find_proof as find_proof
    from focusmesh.engine.reasoning.rules import graph_rows as graph_rows
    from focusmesh.engine.reasoning.rules import graph_rules as graph_rules
    from focusmesh.engine.reasoning.rules import proof_json as proof_json
    from focusmesh.engine.reasoning.rules import read_fact as read_fact
    from focusmesh.engine.reasoning.rules import read_facts as read_facts
    from focusmesh.engine.reasoning.rules import read_proof as read_proof
    from focusmesh.engine.reasoning.rules import relation_text as relation_text
    from focusmesh.engine.reasoning.rules import row_line as row_line
    from focusmesh.engine.reasoning.rules import row_text as row_text
else:
    __getattr__, __dir__ = lazily(__name__)
