"""The public face: lazy, complete, honest about what it lacks."""

from __future__ import annotations

import importlib
import importlib.metadata

import pytest

import focusmesh
from focusmesh.lazy import lazily


def test_the_version_is_the_installed_one() -> None:
    assert focusmesh.__version__ == importlib.metadata.version("focusmesh")


def test_every_promised_name_is_there() -> None:
    public: dict[str, object] = {}
    exec("from focusmesh import *", public)
    assert sorted(public.keys() - {"__builtins__"}) == dir(focusmesh)
    assert [name for name in dir(focusmesh) if getattr(focusmesh, name) is None] == []


def test_a_package_without_its_source_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgutil.get_data", lambda package, name: None)
    find, _ = lazily("focusmesh")
    with pytest.raises(ImportError, match="install focusmesh with sources"):
        find("Graph")


@pytest.mark.parametrize("name", ["nothing", "numpy", "Graphs"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(focusmesh, name)
