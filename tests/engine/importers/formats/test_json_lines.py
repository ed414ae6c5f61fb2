"""JSON lines: keys that appear late, and link dumps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import read_links
from focusmesh.engine.links.edits import NO_TIME
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.links.columns import LinkColumns

optional = st.fixed_dictionaries(
    {"source": st.sampled_from("abc"), "target": st.sampled_from("abc")},
    optional={
        "relation": st.sampled_from(["likes", "cites", 7]),
        "author": st.sampled_from(["ada", 1, "1"]),
        "time": st.integers(-5, 5),
        "weight": st.floats(0, 10),
    },
)


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def records_of(columns: LinkColumns) -> list[dict[str, Any]]:
    """Each link with all its keys, the absent ones by their neutral values."""
    found = []
    for row in range(len(columns)):
        relation, author = "", ""
        if columns.relations is not None and columns.relation is not None:
            relation = str(columns.relations[int(columns.relation[row])])
        if columns.authors is not None and columns.author is not None:
            author = str(columns.authors[int(columns.author[row])])
        found.append(
            {
                "source": columns.particles[int(columns.source[row])],
                "target": columns.particles[int(columns.target[row])],
                "weight": 1.0 if columns.weight is None else float(columns.weight[row]),
                "relation": relation,
                "author": author,
                "time": NO_TIME if columns.time is None else int(columns.time[row]),
            }
        )
    return found


def whole(record: dict[str, Any]) -> dict[str, Any]:
    made = {"weight": 1.0, "relation": "", "author": "", "time": NO_TIME, **record}
    return made | {"relation": str(made["relation"]), "author": str(made["author"])}


@given(records=st.lists(optional, min_size=1, max_size=12))
def test_a_key_counts_wherever_it_first_appears(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]
) -> None:
    path = write(tmp_path_factory.mktemp("late") / "a.jsonl", records)
    columns, report = read_links(path, strict=True)
    columns.verify()
    assert records_of(columns) == [whole(record) for record in records]
    assert report.bad_count == 0


@pytest.mark.parametrize("role", ["relation", "author"])
def test_a_key_may_first_appear_many_blocks_later(tmp_path: Path, role: str) -> None:
    filler = {"source": "a", "target": "b", "note": "x" * 1000}
    late = {"source": "a", "target": "b", role: "late", "when": 3}
    path = write(tmp_path / "a.jsonl", [filler] * 2500 + [late, filler])
    columns, _ = read_links(path, strict=True, columns={"time": "when"})
    found = records_of(columns)
    assert [record[role] for record in found] == [""] * 2500 + ["late", ""]
    assert [record["time"] for record in found] == [NO_TIME] * 2500 + [3, NO_TIME]
    assert len(columns.relations or columns.authors or ()) == 2


def test_synonyms_may_appear_late_and_the_first_one_counts(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        [
            {"from": "a", "to": "b"},
            {"from": "a", "to": "c", "Predicate": "likes"},
            {"from": "a", "to": "d", "type": "passed over", "amount": 2},
        ],
    )
    columns, _ = read_links(path, strict=True)
    assert [(r["relation"], r["weight"]) for r in records_of(columns)] == [
        ("", 1.0),
        ("likes", 1.0),
        ("", 2.0),
    ]


def test_late_keys_beside_bad_lines_and_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('["a", "b"]\nnonsense\n{"source": "a", "target": "c", "author": "ada"}\n')
    columns, report = read_links(path)
    assert [record["author"] for record in records_of(columns)] == ["", "ada"]
    assert [bad.line for bad in report.bad] == [2]


def test_a_late_key_with_a_bad_value_is_a_bad_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        [{"source": "a", "target": "b"}, {"source": "a", "target": "b", "time": "late"}],
    )
    columns, report = read_links(path)
    assert len(columns) == 1
    assert [(bad.line, bad.reason) for bad in report.bad] == [
        (2, "the time 'late' is neither an integer nor an ISO 8601 time")
    ]


DUMP = """from,to,neuron,height,time,tx
QmA,QmB,bostrom1x,7,2021-11-05T13:22:42Z,AA
QmA,QmC,bostrom1y,9,2021-11-05T13:25:00Z,BB
"""


def test_link_dumps_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text(DUMP)
    columns, _ = read_links(path, strict=True)
    assert [(r["source"], r["target"], r["author"]) for r in records_of(columns)] == [
        ("QmA", "QmB", "bostrom1x"),
        ("QmA", "QmC", "bostrom1y"),
    ]
    assert columns.time is not None
    assert columns.time.tolist() == [1_636_118_562_000_000, 1_636_118_700_000_000]
    by_height, _ = read_links(path, strict=True, columns={"time": "height"})
    assert by_height.time is not None
    assert by_height.time.tolist() == [7, 9]


def test_link_dumps_as_json_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path / "links.jsonl",
        [{"particle_from": "QmA", "particle_to": "QmB", "neuron": "n", "height": 7}],
    )
    (record,) = records_of(read_links(path, strict=True)[0])
    assert record == whole({"source": "QmA", "target": "QmB", "author": "n", "time": 7})


@pytest.mark.parametrize(
    ("record", "asked", "said"),
    [
        ({"id": "a", "text": "of a"}, {"text": "body"}, "no column 'body' for 'text'.*: id, text"),
        ({"source": "a", "target": "b"}, {"weight": "times"}, "no column 'times' for 'weight'"),
        ({"uid": "a", "msg": "of a"}, {}, "no column that is plainly the source.*: msg, uid"),
    ],
)
def test_keys_that_no_object_has_are_an_error_as_in_tables(
    tmp_path: Path, record: dict[str, Any], asked: dict[str, str], said: str
) -> None:
    path = write(tmp_path / "a.jsonl", [record] * 3)
    with pytest.raises(InputError, match=said):
        read_links(path, columns=asked)


def test_a_key_that_comes_late_is_no_error_though_all_roles_are_known(tmp_path: Path) -> None:
    every = {"source": "a", "target": "b", "relation": "r", "author": "x", "time": 1, "text": "t"}
    records: list[dict[str, Any]] = [
        {"id": "c", "text": "of c"},
        every | {"weight": 2},
        every | {"times": 3},
    ]
    columns, report = read_links(write(tmp_path / "a.jsonl", records), columns={"weight": "times"})
    assert report.bad_count == 0
    assert columns.weight is not None
    assert columns.weight.tolist() == [1, 3]


def test_keys_that_come_late_are_met_as_in_the_first_block(tmp_path: Path) -> None:
    early = [{"source": "a", "target": f"b{at}", "weight": 2} for at in range(40_000)]
    late = [{"source": "a", "target": "c", "weight": 3, "note": "x", "relation": "knows"}]
    path = write(tmp_path / "a.jsonl", [*early, *late])
    assert path.stat().st_size > 1 << 20
    columns, report = read_links(path)
    assert (len(columns), report.bad_count) == (40_001, 0)
    assert columns.relations is not None
    assert list(columns.relations) == ["", "knows"]
    assert "properties: note" in report.understood
    assert columns.properties is not None
    assert list(columns.properties.links.by_link().values()) == [{"note": "x"}]


def test_keys_without_a_role_are_properties(tmp_path: Path) -> None:
    """Values with their types, what is nested counted, null as if it were not there."""
    path = write(
        tmp_path / "a.jsonl",
        [
            {"source": "a", "target": "b", "since": 1999, "open": True, "deep": {"x": 1}},
            {"source": "a", "target": "b", "since": 1999.0, "note": None},
            {"source": "a", "target": "b", "since": 2000, "km": 1.5},
            {"particle": "a", "text": "words", "population": 5, "labels": ["City", "Capital"]},
            {"source": "b", "target": "c", "huge": 2**70},
        ],
    )
    columns, report = read_links(path)
    found = columns.properties
    assert found is not None
    (said,) = found.links.by_link().values()
    assert said == {"since": 1999, "open": True, "km": 1.5}
    assert type(said["since"]) is int
    assert found.particles.by_owner() == {0: {"population": 5}}
    assert found.labels.pairs() == [(0, "Capital"), (0, "City")]
    told = " ".join(report.warnings)
    for reason in (
        "'deep' left out: a dict",
        "'since' left out: another",
        "'huge' left out: an integer beyond",
    ):
        assert reason in told
