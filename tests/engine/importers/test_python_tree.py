"""A Python tree: what is found, what is resolved, what is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, FileError

if TYPE_CHECKING:
    from focusmesh.engine.links.columns import LinkColumns

TREE = {
    "shop/__init__.py": '"""A shop; see :func:`shop.till.pay`."""\nfrom .till import pay\n',
    "shop/till.py": '''
from __future__ import annotations
import shop.goods as wares
from .goods import Thing, price as cost
from shop.helpers import *
import numpy

class Till(wares.Base):
    """Takes money for a `Thing`, as ``price`` says; not for `str` or a thing."""
    def open(self, key):
        self.close()
        self.lock(key)
        key()
        numpy.zeros(3)
    def close(self): return super().greet()

def pay(amount: int, *, twice=False) -> int:
    """Pays. Uses shop.goods.price, i.e. nothing else."""
    Thing().sell()
    till = Till()
    till.open(1)
    cost(amount)
    helped()
    shop.goods.price(1)
    def inner(): return pay(amount)
    return inner()

settle = pay
def later(): settle(1)
def hidden(cost): cost(2)
''',
    "shop/goods.py": """
class Base:
    def greet(self): pass
    def lock(self, key): pass
class Thing:
    @staticmethod
    def sell(self): self.greet()
def price(of): return of
""",
    "shop/helpers.py": "def helped(): pass\ndef _private(): pass\n",
    "script.py": "import shop\nshop.pay(3)\nfrom shop import till\ntill.Till.close(None)\n",
}


def tree(root: Path, files: dict[str, str] | dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def related(columns: LinkColumns, relation: str) -> set[tuple[str, str]]:
    """Pairs of names that a relation links."""
    assert columns.relations is not None
    assert columns.relation is not None
    wanted = columns.relations.index(relation)
    rows = zip(
        columns.source.tolist(), columns.target.tolist(), columns.relation.tolist(), strict=True
    )
    names = columns.particles
    return {(str(names[a]), str(names[b])) for a, b, kind in rows if kind == wanted}


@pytest.fixture
def shop(tmp_path: Path) -> LinkColumns:
    columns, report = read_links(tree(tmp_path, TREE), strict=True)
    assert report.format == "python"
    columns.verify()
    return columns


def test_particles_and_definitions(shop: LinkColumns) -> None:
    pairs = related(shop, "defines")
    assert ("shop", "shop.till") in pairs
    assert ("shop.till", "shop.till.Till") in pairs
    assert ("shop.till.Till", "shop.till.Till.open") in pairs
    assert ("shop.till.pay", "shop.till.pay.inner") in pairs
    assert {name for pair in pairs for name in pair} == set(shop.particles) - {"script"}


def test_imports(shop: LinkColumns) -> None:
    assert related(shop, "imports") == {
        ("shop", "shop.till.pay"),
        ("shop.till", "shop.goods"),
        ("shop.till", "shop.goods.Thing"),
        ("shop.till", "shop.goods.price"),
        ("shop.till", "shop.helpers"),
        ("script", "shop"),
        ("script", "shop.till"),
    }


def test_calls_are_resolved_and_none_is_invented(shop: LinkColumns) -> None:
    assert related(shop, "calls") == {
        ("shop.till.Till.open", "shop.till.Till.close"),
        ("shop.till.Till.open", "shop.goods.Base.lock"),
        ("shop.till.Till.close", "shop.goods.Base.greet"),
        ("shop.till.pay", "shop.goods.Thing"),
        ("shop.till.pay", "shop.till.Till"),
        ("shop.till.pay", "shop.goods.price"),
        ("shop.till.pay", "shop.helpers.helped"),
        ("shop.till.pay", "shop.till.pay.inner"),
        ("shop.till.pay.inner", "shop.till.pay"),
        ("shop.till.later", "shop.till.pay"),
        ("script", "shop.till.pay"),
        ("script", "shop.till.Till.close"),
    }


def test_mentions_are_precise(shop: LinkColumns) -> None:
    assert related(shop, "mentions") == {
        ("shop", "shop.till.pay"),
        ("shop.till.Till", "shop.goods.Thing"),
        ("shop.till.Till", "shop.goods.price"),
        ("shop.till.pay", "shop.goods.price"),
    }


def test_texts_are_signature_and_docstring(shop: LinkColumns) -> None:
    assert shop.texts is not None
    texts = dict(zip(shop.particles, shop.texts, strict=True))
    assert texts["shop.till.pay"] == (
        "def pay(amount: int, *, twice=False) -> int\n\n"
        "Pays. Uses shop.goods.price, i.e. nothing else."
    )
    assert str(texts["shop.till.Till"]).startswith("class Till(wares.Base)\n\nTakes money")
    assert texts["shop.helpers"] == "module shop.helpers"


def test_weights_count(tmp_path: Path) -> None:
    columns, _ = read_links(tree(tmp_path, {"a.py": "def f(): pass\nf()\nf()\n"}))
    assert columns.weight is not None
    assert sorted(columns.weight.tolist()) == [1.0, 2.0]


def test_secrets_caches_and_environments_are_not_read(tmp_path: Path) -> None:
    left_out = (
        ".env.py",
        ".git/a.py",
        "__pycache__/b.py",
        "site-packages/c.py",
        "node_modules/d.py",
    )
    secret = ("credentials.py", "id_rsa.py", "ours/e.py", "mine/f.py", "old_test.py")
    files = dict.fromkeys((*left_out, *secret), "not python (")
    tree(tmp_path, {**files, "ours/pyvenv.cfg": "", "good.py": "", "notes.txt": "("})
    columns, report = read_links(tmp_path, exclude=("mine/*", "*_test.py"))
    assert list(columns.particles) == ["good"]
    assert report.bad_count == 0


def test_files_that_do_not_parse_are_bad_lines(tmp_path: Path) -> None:
    deep = b"x = " + b"-" * 100_000 + b"1\n"
    files = {
        "broken.py": b"a = 1\ndef f(:\n",
        "deep.py": deep,
        "good.py": b"# coding: latin-1\ndef caf\xe9(): pass\n",
        "marked.py": b"\xef\xbb\xbfdef g(): '''\\ud800 \\d'''\n",
        "nested.py": b"(" * 5_000,
        "nul.py": b"a = 1\0\n",
        "strange.py": b"# coding: klingon\n",
        "undecodable.py": b"a = '\xff'\n",
    }
    columns, report = read_links(tree(tmp_path, files))
    assert {"good.café", "marked.g"} <= set(columns.particles)
    named = {Path(bad.file).name: bad for bad in report.bad}
    assert {"broken.py", "nested.py", "nul.py", "strange.py", "undecodable.py"} <= named.keys()
    assert named.keys().isdisjoint({"good.py", "marked.py"})
    assert named["broken.py"].line == 2
    assert "does not parse" in named["broken.py"].reason
    with pytest.raises(BadLineError):
        read_links(tmp_path, strict=True)


def test_circles_end(tmp_path: Path) -> None:
    files = {
        "a.py": "from b import x\nfrom b import *\nclass C(D): pass\nclass D(C): pass\ny = z\nz = y\n"
        "x()\ny()\nC.nothing()\nunknown()\n",
        "b.py": "from a import x\nfrom a import *\n",
    }
    tree(tmp_path, files)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    columns, _ = read_links(tmp_path, strict=True)
    assert set(columns.particles) == {"a", "a.C", "a.D", "b"}
    assert related(columns, "calls") == set()


def test_files_of_one_name_keep_apart(tmp_path: Path) -> None:
    files = dict.fromkeys(("one/pack/__init__.py", "two/pack/__init__.py"), "")
    columns, _ = read_links(tree(tmp_path, files))
    assert list(columns.particles) == ["pack", "two/pack/__init__.py"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot read"):
        read_links(tmp_path / "none", format="python")


def test_the_json_package() -> None:
    columns, report = read_links(Path(json.__file__).parent, strict=True)
    assert report.bad_count == 0
    assert ("json.loads", "json.decoder.JSONDecodeError") in related(columns, "calls")
    assert ("json.load", "json.loads") in related(columns, "calls")
    assert ("json", "json.decoder.JSONDecoder") in related(columns, "imports")
    assert ("json.decoder.JSONDecoder", "json.decoder.JSONDecoder.decode") in related(
        columns, "defines"
    )
    assert ("json", "json.dumps") in related(columns, "mentions")
