"""The public face: lazy, complete, honest about what it lacks."""

from __future__ import annotations

import importlib
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


@pytest.mark.parametrize("package", ["block", "receipts", "session", "state"])
def test_the_lazy_tables_of_the_kernel_agree(package: str) -> None:
    kernel = importlib.import_module(f"focusmesh.kernel.{package}")
    assert sorted(name for names in kernel._HOMES.values() for name in names) == sorted(
        kernel.__all__
    )
    assert dir(kernel) == sorted(kernel.__all__)
    assert [name for name in kernel.__all__ if getattr(kernel, name) is None] == []


@pytest.mark.parametrize("name", ["nothing", "numpy", "Graphs"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(focusmesh, name)
