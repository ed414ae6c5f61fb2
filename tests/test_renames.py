"""The map of old names: nothing bears one any more, and the script finds what does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from mypy import build, main

from tests.tidy.names import definitions, is_participle
from tests.tidy.renames import members, modules, scopes
from tests.tidy.renames.__main__ import apply
from tests.tidy.renames.table import Renames, read_renames
from tests.tidy.tree import sources

if TYPE_CHECKING:
    from pathlib import Path

OWNER = """
def made(): ...
class Told:
    def _kept(self): ...
def outer():
    def drawn(): ...
    return drawn, made
"""
USER = """
from home import made, Told as Known
from shelf import made as again
import home

def use(made=None):
    return made, home.made()

PAIR = made, [made for made in "made"], again
PATH = "focusmesh.home.made"
"""
RENAMES = Renames({"home.made": "make", "home.Told._kept": "_keep", "home.outer.drawn": "draw"})


def renamed(module: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The text of a module of three after the plain names in it were renamed."""
    texts = {"home": OWNER, "user": USER, "shelf": "from home import made as made\n"}
    monkeypatch.setattr(modules, "trees", lambda: {name: ast.parse(texts[name]) for name in texts})
    monkeypatch.setattr(scopes, "trees", modules.trees)
    monkeypatch.setattr(scopes, "open_lines", lambda path: texts[path].encode().split(b"\n"))
    modules.bindings.cache_clear()
    names = scopes.Names(module, module, RENAMES)
    names.run()
    assert names.taken == []
    lines = texts[module].split("\n")
    for edit in sorted(names.edits, key=lambda each: (each.line, -each.column)):
        line = lines[edit.line - 1]
        assert line[edit.column :].startswith(edit.old)
        lines[edit.line - 1] = line[: edit.column] + edit.new + line[edit.column + len(edit.old) :]
    modules.bindings.cache_clear()
    return "\n".join(lines)


def test_nothing_bears_an_old_name() -> None:
    old = read_renames().new
    kept = [one.qualified for each in sources("src") for one in definitions(each)]
    left = [name for name in kept if name.replace(":", ".") in old]
    assert left == [], "run `python -m tests.tidy.renames`, or take the line out of its map"


def test_no_new_name_is_a_participle() -> None:
    assert [new for new in read_renames().new.values() if is_participle(new)] == []


def test_definitions_are_renamed_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert renamed("home", monkeypatch) == OWNER.replace("made", "make").replace(
        "_kept", "_keep"
    ).replace("drawn", "draw")


def test_names_that_only_look_alike_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    found = renamed("user", monkeypatch)
    assert "from home import make, Told as Known" in found
    assert "from shelf import make as again" in found
    assert "return made, home.make()" in found
    assert 'PAIR = make, [made for made in "made"], again' in found
    assert 'PATH = "focusmesh.home.made"' in found


def test_an_export_is_renamed_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert renamed("shelf", monkeypatch) == "from home import make as make\n"


def test_a_line_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("focusmesh.kernel:made make\n")
    monkeypatch.setattr("tests.tidy.renames.table.HERE", tmp_path)
    with pytest.raises(ValueError, match=r"a\.txt"):
        read_renames()


def test_a_place_without_the_old_name_is_refused(tmp_path: Path) -> None:
    from tests.tidy.renames.table import Edit

    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    with pytest.raises(ValueError, match="there is no made"):
        apply(str(path), {Edit(str(path), 1, 0, "made", "make")})
    assert path.read_text() == "x = 1\n"


TYPED = """
from typing import Any

class Base:
    def closed(self) -> int: return 1
class Own(Base):
    def closed(self) -> int: return super().closed()
def use(own: Own, other: Any, either: Own | str) -> object:
    return own.closed(), other.closed(), Base.closed(own), setattr(own, "closed", 1)
"""


def test_methods_are_renamed_where_the_type_is_known_and_told_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "typed.py"
    path.write_text(TYPED)
    files, options = main.process_options(["--strict", "--no-incremental", str(path)])
    options.export_types = options.preserve_asts = True
    checked = build.build(files, options)
    tree = checked.graph["typed"].tree
    assert tree is not None
    monkeypatch.setattr(members, "open_lines", lambda _: TYPED.encode().split(b"\n"))
    renames = Renames({"typed.Base.closed": "wait_closed"})
    found = members.Members(str(path), tree, checked.types, renames)
    found.run(ast.parse(TYPED))
    # The definition in Base is a plain name of its module: the scopes rename that.
    assert sorted((edit.line, edit.old) for edit in set(found.edits)) == [
        *((line, "closed") for line in (7, 7, 9, 9, 9)),
    ]
    (told,) = found.unknown
    assert told.endswith(":9: the type of what has closed is not known")
