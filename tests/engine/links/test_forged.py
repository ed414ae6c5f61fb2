"""Graph files whose table fits its digest and still lies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.links import list_sections
from focusmesh.engine.links.file import container
from focusmesh.engine.links.file.sections import to_arrays
from focusmesh.errors import DamagedFileError, FocusmeshError
from tests.engine.links.test_container import small, use

if TYPE_CHECKING:
    from pathlib import Path


def forge(path: Path, section: str, **changes: Any) -> None:
    """Rewrites one entry of the table, and the digest of the table."""
    table = [replace(s, **changes) if s.name == section else s for s in list_sections(path)]
    packed = b"".join(container._pack(section) for section in table)
    content = bytearray(path.read_bytes())
    content[64 : 64 + len(packed)] = packed
    content[32:64] = container.digest_of(packed)
    path.write_bytes(content)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    small(labelled=True).save(tmp_path / "g.focusmesh")
    return tmp_path / "g.focusmesh"


@pytest.mark.parametrize(
    "changes",
    [
        {"offset": 0},
        {"offset": 1},
        {"offset": 2**63},
        {"offset": 2**64 - 64},
        {"length_bytes": 2**64 - 8},
        {"length_bytes": 2**40},
        {"length_bytes": 0},
        {"length_bytes": 8},
        {"length_bytes": 7},
        {"dtype": "<f8"},
        {"dtype": "<u1"},
        {"dtype": "|O8"},
        {"dtype": ""},
        {"columns": 1},
        {"columns": 2**63},
        {"columns": 2**64 - 1},
        {"columns": 2**63, "length_bytes": 0},
        {"name": "nonsense"},
        {"name": "structure.out_start"},
    ],
)
def test_lying_entries(changes: dict[str, Any], path: Path) -> None:
    """Each lie about each section: an error of the project, or a graph that can be used."""
    whole = path.read_bytes()
    refused = []
    for section in list_sections(path):
        forge(path, section.name, **changes)
        try:
            with np.errstate(all="ignore"):
                use(Graph.open(path))
        except FocusmeshError:
            refused.append(section.name)
        path.write_bytes(whole)
    assert len(refused) >= 8


def rewritten(path: Path, **arrays: Any) -> None:
    """A file with other arrays and true digests."""
    whole = dict(to_arrays(small(labelled=True).snapshot()))
    for name, array in arrays.items():
        whole[name.replace("__", ".")] = array
    with path.open("wb") as file:
        container._write(file, whole)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"structure__in_start": np.array([0, 2, 1, 3])}, "does not ascend"),
        ({"structure__in_start": np.array([0, 0, 0, 2])}, "does not span"),
        ({"structure__in_start": np.array([1, 1, 1, 3])}, "does not span"),
        ({"structure__in_start": np.array([-1, 0, 1, 3])}, "does not ascend"),
        ({"structure__out_start": np.array([0, 1, 9, 3])}, "does not ascend"),
        ({"structure__out_target": np.array([0, 3, 1], np.uint32)}, "index 3 of only 3"),
        ({"structure__order": np.array([0, 1, 2**32 - 1], np.uint32)}, "index 4294967295"),
        ({"structure__position": np.array([0, 1], np.uint32)}, "shape"),
        ({"structure__out_total": np.ones(4)}, "shape"),
        ({"structure__in_weight": np.ones(3, np.uint32)}, "holds uint32"),
        ({"structure__in_weight": np.ones(2)}, "shape"),
        ({"particles__count": np.array([3.0])}, "holds float64"),
        ({"particles__count": np.array([-1])}, "not a count"),
        ({"particles__count": np.array([2**62])}, "shape|texts"),
        ({"particles__count": np.array([3, 3])}, "not a count"),
        ({"particles__ends": np.array([1, 0, 6])}, "does not ascend"),
        ({"particles__ends": np.array([1, 3, 2**40])}, "does not ascend"),
        ({"particles__ends": np.array([[1], [3], [6]])}, "shape"),
        ({"texts__ends": np.array([1, 3])}, "2 texts for 3"),
        ({"links__source": np.array([0, 1, 3], np.uint32)}, "index 3 of only 3"),
        ({"links__source": np.array([0, 1], np.uint32)}, "shape"),
        ({"links__relation": np.array([0, 2, 0], np.uint32)}, "index 2 of only 2"),
        ({"links__relation": np.array([0.0, 0, 0])}, "holds float64"),
        ({"links__author": np.array([0, 1, 0], np.uint32)}, "index 1 of only 1"),
        ({"links__weight": np.ones(3, np.int64)}, "links.weight holds int64"),
        ({"links__time": np.ones(3)}, "links.time holds float64"),
        ({"authors__digests": np.zeros((1, 31), np.uint8)}, "shape"),
        ({"relations__mixed": np.zeros(3, np.uint8)}, "cannot be read"),
    ],
)
def test_lying_sections(arrays: dict[str, Any], reason: str, path: Path) -> None:
    rewritten(path, **arrays)
    with pytest.raises(DamagedFileError, match=reason):
        Graph.open(path, verify=True)


def test_names_that_are_nested_without_end(path: Path) -> None:
    """Found by fuzzing: no error of the project's."""
    nested = np.frombuffer(b"\x91\x92\xa1a" + b"\x91" * 100_000 + b"\xc0", np.uint8)
    rewritten(path, relations__mixed=nested)
    with pytest.raises(DamagedFileError, match="cannot be read"):
        Graph.open(path, verify=True)


def test_nothing_changed_is_nothing_refused(path: Path) -> None:
    """The twin of the lies above: the same way of writing, the truth."""
    rewritten(path)
    opened = Graph.open(path, verify=True)
    use(opened)
    assert opened.links().weight is not None


def test_text_that_is_no_utf8(path: Path) -> None:
    blob = np.frombuffer(b"a\xff\xfe\xed\xa0\x80", np.uint8)
    rewritten(path, particles__blob=blob)
    with pytest.raises(DamagedFileError, match="not UTF-8"):
        list(Graph.open(path).particles)
