"""The public face: lazy, complete, honest about what it lacks."""

from __future__ import annotations

import importlib.metadata

import pytest

import focusmesh


def test_the_version_is_the_installed_one() -> None:
    assert focusmesh.__version__ == importlib.metadata.version("focusmesh")


def test_every_promised_name_is_there() -> None:
    assert dir(focusmesh) == focusmesh.__all__
    assert [name for name in focusmesh.__all__ if getattr(focusmesh, name) is None] == []


def test_the_lazy_table_and_all_agree() -> None:
    lazy = [name for names in focusmesh._HOMES.values() for name in names]
    assert sorted([*lazy, "__version__", "errors"]) == sorted(focusmesh.__all__)


@pytest.mark.parametrize("name", ["nothing", "numpy", "Graphs"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(focusmesh, name)
