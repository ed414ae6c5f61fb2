"""ARCHITECTURE.md and the packages' READMEs are what the code says, and each check notices when they are not."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tests.tidy.drawings import PAGE, WALKS, Walks, layers, walk_faults, walks, with_layers
from tests.tidy.packages import package_edges, reduced, rungs
from tests.tidy.readmes import all_edges, faults, folders, repeated, texts, with_files
from tests.tidy.tree import ROOT, Source, files, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS_MAX = 1_000
LINKS_MAX = 40


@pytest.fixture(scope="module")
def tree() -> Sequence[Source]:
    return sources("src")


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


SMALL = [
    Source("src/focusmesh/errors.py", ""),
    Source("src/focusmesh/engine/__init__.py", '"""Computes."""\n'),
    Source("src/focusmesh/engine/links/__init__.py", '"""Links.\n\nMore of them."""\n'),
    Source("src/focusmesh/engine/links/names.py", '"""Names, as ``str``."""\n'),
    Source("src/focusmesh/engine/links/file/__init__.py", '"""The file."""\n'),
    Source("src/focusmesh/engine/links/file/part.py", '"""A part of it."""\n'),
    Source("src/focusmesh/engine/focus/__init__.py", '"""Focus."""\n'),
    Source("src/focusmesh/engine/focus/a.py", "import focusmesh.engine.links.names\n"),
    Source("src/focusmesh/interface/__init__.py", ""),
    Source("src/focusmesh/interface/cli/__init__.py", "import focusmesh.errors\n"),
    Source("src/focusmesh/interface/cli/a.py", "def act():\n    import focusmesh.engine.focus.a\n"),
]
LINKS = PurePosixPath("src/focusmesh/engine/links")
HEAD = (
    "# focusmesh.engine.links\n\nNames and links.\n\n**Start reading** at [names.py](names.py).\n\n"
    "**What must hold**\n\n- It has names.\n\n<!-- files -->\n<!-- end of files -->\n"
)


def test_the_drawing_of_the_layers_is_that_of_the_imports(page: str, tree: list[Source]) -> None:
    assert with_layers(page, tree) == page, "run python -m tests.tidy"


def test_another_import_makes_another_drawing() -> None:
    drawn = layers(SMALL)
    assert "interface --> engine" in drawn
    assert "interface --> leaves" in drawn  # engine imports none here, so no longer way leads there
    assert "<b>engine</b><br/>focus<br/>links" in drawn
    upside_down = Source("src/focusmesh/engine/links/b.py", "import focusmesh.errors\n")
    assert "interface --> leaves" not in layers([*SMALL, upside_down])


def test_what_has_no_order_is_not_drawn() -> None:
    back = Source("src/focusmesh/engine/links/b.py", "import focusmesh.engine.focus.a\n")
    with pytest.raises(ValueError, match=r"engine\.focus ⇄ engine\.links"):
        layers([*SMALL, back])
    with pytest.raises(ValueError, match="layers"):
        with_layers("no marks", SMALL)


def test_only_arrows_that_nothing_implies_are_drawn() -> None:
    edges = {"a": {"b", "c"}, "b": {"c"}, "c": set[str]()}
    assert reduced(edges) == {"a": {"b"}, "b": {"c"}, "c": set()}
    assert rungs(edges) == [["c"], ["b"], ["a"]]
    assert package_edges(SMALL, 1)["interface"] == {"engine", "leaves"}


def test_nine_boxes_are_walked_downwards(page: str, tree: list[Source]) -> None:
    drawn = walks(page)
    assert len(drawn.boxes) == 9
    assert walk_faults(drawn, tree) == []
    for number, path in enumerate(drawn.boxes.values(), start=1):
        step = re.search(
            rf"^{number}\. \*\*\[\w[\w ]*\]\(src/focusmesh/(\S+)\)", page, re.MULTILINE
        )
        assert step, f"step {number} is not told"
        assert step[1].startswith(path), f"step {number} is not of {path}"


def test_a_way_back_up_is_caught() -> None:
    boxes = {"cli": "interface/cli", "focus": "engine/focus", "links": "engine/links"}
    down = [("cli", "focus", list(WALKS)), ("focus", "links", ["rank"])]
    assert walk_faults(Walks(boxes, down), SMALL) == []
    up = walk_faults(Walks(boxes, [*down, ("links", "focus", ["rank"])]), SMALL)
    assert up == [
        "engine.links never imports engine.focus",
        "engine.focus leads back up to engine.links",
    ]
    assert walk_faults(Walks(boxes, down[1:]), SMALL) == [
        f"{each} is not drawn" for each in WALKS if each != "rank"
    ]
    (absent,) = walk_faults(Walks(boxes | {"z": "engine/z"}, down), SMALL)
    assert absent == "no package engine/z"
    (wrong,) = walk_faults(Walks(boxes, [*down, ("cli", "links", ["fly"])]), SMALL)
    assert "fly" in wrong


def test_the_page_is_short(page: str) -> None:
    shown = re.sub(r"```.*?```|\]\([^)]*\)|<!--.*?-->", "", page, flags=re.DOTALL)
    assert len(re.findall(r"\w[\w'’./<>*-]*", shown)) <= WORDS_MAX
    assert page.count("](") <= LINKS_MAX


def test_every_package_has_a_readme_that_is_right(tree: list[Source]) -> None:
    assert faults(tree, texts(ROOT, folders(tree)), set(files())) == []
    assert repeated(tree) == []


def test_a_readme_lists_every_file_once() -> None:
    written = with_files(HEAD, LINKS, SMALL, all_edges(SMALL))
    assert "Imports nothing but the leaves." in written
    assert "- `names.py`: Names, as `str`.\n- `file/`" not in written  # in the order of names
    assert "- `file/`: The file. `part.py`\n- `names.py`: Names, as `str`.\n" in written
    engine = PurePosixPath("src/focusmesh/engine")
    assert "- [links](links/README.md): Links." in with_files(HEAD, engine, SMALL, all_edges(SMALL))


def test_a_wrong_readme_is_caught() -> None:
    wanted = {
        folder: with_files(HEAD, folder, SMALL, all_edges(SMALL)).replace(
            "[names.py](names.py)", "it"
        )
        for folder in folders(SMALL)
    }
    right = wanted | {LINKS: with_files(HEAD, LINKS, SMALL, all_edges(SMALL))}
    there = {source.path for source in SMALL}
    assert faults(SMALL, right, there) == []
    for wrong, complaint in (
        ("", "missing"),
        (right[LINKS].replace("Names, as", "Names as"), "not what the code says"),
        (right[LINKS].replace("names.py](names.py)", "name.py](name.py)"), "name.py, which is not"),
        (right[LINKS].replace("It has names", "It has `tests/no.py`"), "tests/no.py, which is not"),
        (right[LINKS].replace("**What must hold**", ""), "lacks **What must hold**"),
        (right[LINKS] + "\n" * 40, "lines; 10 to"),
    ):
        (found,) = faults(SMALL, right | {LINKS: wrong}, there)
        assert complaint in found
    with pytest.raises(ValueError, match="files"):
        with_files("no marks", LINKS, SMALL, all_edges(SMALL))


def test_what_is_said_twice_is_caught() -> None:
    door = Source(f"{LINKS}/__init__.py", '"""Links.\n\nStart reading at names.py.\n"""\n')
    assert repeated(SMALL) == []
    (found,) = repeated([door])
    assert "its README" in found
