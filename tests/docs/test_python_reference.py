"""The Python reference names everything that is public, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

import focusmesh
from focusmesh.lazy import exports
from tests.tidy.tree import ROOT

PAGE = "docs/reference/python.md"
ENTRY = re.compile(r"^\.\. auto(?:class|function):: (focusmesh[\w.]+)$", re.MULTILINE)
PACKAGES = (
    "focusmesh.engine.links",
    "focusmesh.engine.importers",
    "focusmesh.engine.exporters",
    "focusmesh.engine.graph",
    "focusmesh.engine.focus",
    "focusmesh.engine.compile",
    "focusmesh.engine.tuning",
    "focusmesh.engine.recall",
    "focusmesh.engine.evaluation",
    "focusmesh.engine.rewrite",
    "focusmesh.engine.grid.array",
    "focusmesh.engine.grid.cube",
    "focusmesh.engine.grid.model",
    "focusmesh.engine.grid.tensor",
)
# Public for other packages; users have these through the methods of Graph and Focus or the command line.
INNER = {
    *(
        "Alone",
        "Certifying",
        "GraphFacts",
        "LANES",
        "OwnRows",
        "RankCertificate",
        "RankOperator",
        "RankReduction",
        "RankStructure",
        "Ranks",
        "Rows",
        "SHORT",
        "certificate_head",
        "chunk_starts",
        "run_ranks",
        "sum_over_ranks",
    ),
    *("Document", "DocumentReader", "Reading", "bytes_of", "document_readers", "exclusions"),
    *(
        "SUPERSEDES",
        "evidence_of",
        "step_evidence",
        "file_errors",
        "files_under",
        "is_logseq",
        "link_documents",
    ),
    *("OBSERVATION", "TYPE", "MemoryLink", "memory_name", "memory_text"),
    *("entity_link", "observation_link", "relation_link"),
    *(
        "EFFORTS",
        "RankedLinks",
        "SOLVERS",
        "Side",
        "ApplicationTrace",
        "trace_application",
        "RowSums",
        "row_sums",
        "context_scores",
        "indexed_context_scores",
        "graph_contexts",
        "graph_estimate",
        "graph_focus",
        "graph_walk",
        "KeptFoci",
        "solve_kept",
        *("Rates", "Standing", "solver_named", "verified_context"),
        "plot_focus",
        "seed_weights",
        "plot_graph",
        "plot_net",
    ),
    *("DIRECTIONS", "Filters", "NORMAL_FORMS", "call_by_labels", "edges_from_table"),
    *("normalise_names", "plain_name", "select_links", "verify_beta", "verify_tolerance"),
    *("NO_TIME", "SUFFIX", "Section", "arrow_table", "label", "list_sections", "read_links"),
    *(
        "Factors",
        "compile_graph",
        "factors_for",
        "load_onnx",
        "measure_accuracy",
        "remaining",
        "still",
    ),
    *("LABELS", "LinkKey", "LinkProperties", "MORE_COLUMNS_MAX", "PREFIX", "PropertyBuilder"),
    *("PropertyValue", "TYPE_RELATIONS", "all_labels", "attribute_name", "is_equal", "kind_of"),
    *(
        "labels_of",
        "keys_of",
        "link_keys",
        "owners_of_label",
        "told_root",
        "typed_texts",
        "value_text",
    ),
    *("with_properties", "add_properties", "names_as_known"),
    *("STARTS", "DEPTH", "PARTICLES_MAX", "time_of"),
    *("Instant", "TimeLike", "last_at", "read_time", "ticks_of"),
    *(
        "EditMark",
        "EditedPairs",
        "EditedStructure",
        "JournaledLinks",
        "LaterEdits",
        "PlainEdits",
        "checked_edge",
    ),
    *(
        "EPSILON",
        "ONE",
        "SCALE",
        "WEIGHT_MAX",
        "IntegerApplication",
        "IntegerOperator",
        "LiveAxons",
        "Teleport",
    ),
    *("RecallRequest", "EntryIndex", "Filters", "ask_graph", "recall_graph"),
    *("Documents", "EntryMoment", "passage"),
    *("Draw", "GRID", "MEASURES", "Ranker", "TASKS", "choose_parameters", "draw_tasks"),
    *("ELIMINATORS", "EVALUATORS", "OPCODES", "RULES", "TABLE", "VALUES"),
    "PROGRAM_FUEL",
    *(
        "CENTRAL",
        "COMMANDS",
        "DATA_BYTES_MAX",
        "DEPTH_MAX",
        "DIAGONALS",
        "PLACES",
        "RECORD_KINDS",
        "SIDE_MAX",
        "STATES",
        "VERTICES",
    ),
    *(
        "agreement",
        "blocks_of",
        "check_name",
        "edges_of",
        "mix_distributions",
        "neighbours_of",
        "temper_distribution",
    ),
    *("trimmed_integers", "vertex_offset"),
    *("FACES", "KAPPA", "OPERATIONS", "RECORD_BYTES", "TILE_BITS", "TILE_SIDE", "Box", "cube_name"),
    *("block_name", "block_records", "decode", "decode_one", "encode", "encode_one", "tile_blocks"),
    "SHARES",
    *("BAD_LINES_KEPT", "InconsistentError", "SectionKind", "SectionStream", "axon_totals"),
    *("falling_order", "names_from_arrays", "names_to_arrays", "open_sections", "required_roles"),
    *("usable_weight", "verify_totals", "write_sections"),
    *("digest_of_all", "digest_order", "name_digest", "name_digests", "spelt_digests"),
    *("product_shifted", "residual_limit", "solved_on", "wide_sum"),
    *("ALIASES", "Assembly", "DictInterner", "Edits"),
    *("IntegerNames", "Interner", "LinkStore", "LinkView"),
    *("NO_NAME", "ObjectAssembly", "RowLayout", "Snapshot"),
    *("ArrowLinks", "TableInterner", "TextRows", "Tokens", "columns_from_arrow"),
    *("describing_roles", "integer_of", "integers_of", "join_arrays"),
    *("joined_weights", "links_to_arrow", "open_snapshot", "read_integers"),
    *("roles_of", "save_snapshot", "shorten", "snapshot_from_columns"),
    *("snapshot_from_edges", "texts_by_name", "verify_count", "weigh_by_karma"),
    *("weight_of", "Importer", "importers", "LiveScores"),
    *("Exporter", "RankedGraph", "WHOLE_GRAPH_SUFFIXES", "exporter_for", "write_graph"),
}


def entries() -> list[str]:
    return ENTRY.findall((ROOT / PAGE).read_text(encoding="utf-8"))


def exported(package: str) -> set[str]:
    return set(exports(inspect.getsource(importlib.import_module(package))))


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_public_is_there(package: str) -> None:
    documented = {entry.rpartition(".")[2] for entry in entries() if entry.startswith(package)}
    public = exported(package)
    assert sorted(public - documented - INNER) == []


def test_what_the_library_exports_is_there() -> None:
    documented = {entry.rpartition(".")[2] for entry in entries()}
    assert sorted(set(dir(focusmesh)) - documented - {"__version__", "errors"}) == []


@pytest.mark.parametrize("entry", entries())
def test_what_is_there_exists_and_says_what_it_does(entry: str) -> None:
    home, _, name = entry.rpartition(".")
    assert getattr(importlib.import_module(home), name).__doc__


def test_inner_names_are_public_ones() -> None:
    public = {name for package in PACKAGES for name in exported(package)}
    assert sorted(INNER - public) == []
