"""The schema has the records, field by field, and is the published one."""

from __future__ import annotations

import msgspec
import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type

from focusmesh.host.service.records import network as records_network
from focusmesh.host.service.records import particles as records_particles
from focusmesh.host.service.records import records
from focusmesh.host.service.records import rules as records_rules
from focusmesh.interface.server.graphql import schema_text
from focusmesh.interface.server.process import openapi_document
from tests.tidy.tree import ROOT

GOLDEN = "docs/reference/schema.graphql"
SCHEMA = build_schema(schema_text())
NAMES = {
    "ContextAnswer": "Context",
    "ExplanationAnswer": "Explanation",
    "PathRecord": "Path",
    "WalkRecord": "WeighedPath",
    "MentionRow": "Mention",
    "RecalledRow": "RecalledItem",
    "RecallAnswer": "Recall",
    "WalkAnswer": "Walk",
    "AskedAnswer": "Asked",
    "ParticleAnswer": "Particle",
    "LinkRow": "Link",
    "PlacedSignal": "Signal",
    "PromisesAnswer": "Promises",
    "ProofAnswer": "Proof",
    "FinalityAnswer": "Finality",
    "PeersAnswer": "Peers",
    "UnbondingRow": "Unbonding",
    "ValidatorsAnswer": "Validators",
    "DeriveAnswer": "Derived",
    "RuleFailureRow": "RuleFailure",
    "WhyAnswer": "Reason",
}
OTHERWISE = {
    "receipts": "rank_receipt",
    "signals": "signal",
    "rules": "derive",
    "delegation": "delegation_encode_delegate",
}
"""What paths of HTTP are called as fields."""
ELSEWHERE = {
    *("Record", "Answer", "ParticleRow"),
    *("SquareRoots", "SharedShare", "SharedLine", "NamespaceRow", "NamespaceShares"),
    *("HeaderRow", "HeaderPage", "GenesisAnswer", "ElectorateAnswer", "Voter"),
    *("FraudRow", "FraudPage", "SnapshotTold"),
}
"""Bases of the others, what is exported whole, and what light nodes and keepers take by the thousand over HTTP."""
ANSWERS = [
    record
    for module in (records, records_network, records_particles, records_rules)
    for record in vars(module).values()
    if isinstance(record, type) and issubclass(record, msgspec.Struct)
]


def test_the_schema_is_the_published_one() -> None:
    golden = (ROOT / GOLDEN).read_text(encoding="utf-8")
    assert schema_text() == golden, f"see whether that is meant, then write the new one to {GOLDEN}"


@pytest.mark.parametrize("record", ANSWERS, ids=lambda record: record.__name__)
def test_every_record_has_its_type(record: type[records.Record]) -> None:
    if record.__name__ in ELSEWHERE:
        return
    kind = SCHEMA.get_type(NAMES.get(record.__name__, record.__name__))
    assert isinstance(kind, GraphQLObjectType)
    fields = set(record.__struct_fields__)
    if record is records_particles.ParticleAnswer:
        fields = fields - {"particle", "root", "height"} | {"name", "links", "context", "explain"}
    assert set(kind.fields) == fields


def test_every_read_of_http_can_be_asked_for() -> None:
    paths = [path.removeprefix("/v1/") for path in openapi_document()["paths"] if "/v1/" in path]
    heads = {path.partition("/")[0] for path in paths}
    query = SCHEMA.query_type
    assert query is not None
    elsewhere = {
        *("graphql", "content", "live", "export", "grid", "pins"),
        *("headers", "genesis", "electorates", "fraud", "snapshot"),
    }
    for head in heads - elsewhere:
        asked = OTHERWISE.get(head, head)
        assert asked in query.fields, head


def test_no_list_of_objects_is_nullable_within() -> None:
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                if isinstance(get_named_type(field.type), GraphQLObjectType) and "[" in str(
                    field.type
                ):
                    assert str(field.type).endswith("!]!"), (kind.name, name)
