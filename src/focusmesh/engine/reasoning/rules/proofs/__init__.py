"""Proofs: why a row is there, read off the ranks, and why it is not."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.proofs.document import proof_json as proof_json
from focusmesh.engine.reasoning.rules.proofs.failures import RuleFailure as RuleFailure
from focusmesh.engine.reasoning.rules.proofs.failures import failures as failures
from focusmesh.engine.reasoning.rules.proofs.proof import Proof as Proof
from focusmesh.engine.reasoning.rules.proofs.proof import ProofStep as ProofStep
from focusmesh.engine.reasoning.rules.proofs.proof_reader import read_proof as read_proof
from focusmesh.engine.reasoning.rules.proofs.search import find_proof as find_proof
