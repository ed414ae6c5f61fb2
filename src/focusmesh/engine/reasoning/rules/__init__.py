"""Rules in Soufflé's syntax, evaluated to their least model.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.fact_files import read_facts as read_facts
from focusmesh.engine.reasoning.rules.fact_files import row_line as row_line
from focusmesh.engine.reasoning.rules.graph_relations import GRAPH_RELATIONS as GRAPH_RELATIONS
from focusmesh.engine.reasoning.rules.graph_relations import SnapshotSource as SnapshotSource
from focusmesh.engine.reasoning.rules.graph_relations import graph_rows as graph_rows
from focusmesh.engine.reasoning.rules.meaning import relation_text as relation_text
from focusmesh.engine.reasoning.rules.meaning import row_text as row_text
from focusmesh.engine.reasoning.rules.proofs import Proof as Proof
from focusmesh.engine.reasoning.rules.proofs import ProofStep as ProofStep
from focusmesh.engine.reasoning.rules.proofs import RuleFailure as RuleFailure
from focusmesh.engine.reasoning.rules.proofs import failures as failures
from focusmesh.engine.reasoning.rules.proofs import find_proof as find_proof
from focusmesh.engine.reasoning.rules.proofs import proof_json as proof_json
from focusmesh.engine.reasoning.rules.proofs import read_proof as read_proof
from focusmesh.engine.reasoning.rules.rule_set import RuleSet as RuleSet
from focusmesh.engine.reasoning.rules.rule_set import read_fact as read_fact
from focusmesh.engine.reasoning.rules.view import RuleChanges as RuleChanges
from focusmesh.engine.reasoning.rules.view import RuleView as RuleView
from focusmesh.engine.reasoning.rules.view import graph_rules as graph_rules
