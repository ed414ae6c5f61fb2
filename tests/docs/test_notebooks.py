"""Every notebook is kept without outputs, and runs from its first cell to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.tidy.tree import ROOT, files

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.conftest import Needs

SECONDS_MAX = 120


def notebooks() -> list[str]:
    return [name for name in files() if name.endswith(".ipynb")]


def read(nbformat: ModuleType, text: str) -> Any:
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    return notebook


def leftovers(notebook: Any) -> list[str]:
    """Cells that keep something of a run, by number."""
    return [
        f"cell {number}: outputs or a count are kept; clear them"
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]


def execute(notebook: Any, folder: Path) -> Any:
    """Runs a notebook in a kernel of its own, started in ``folder``."""
    import nbclient

    resources = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS_MAX, kernel_name="python3", resources=resources
    )
    return client.execute()


def pictures(notebook: Any) -> int:
    outputs = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_there_are_notebooks_to_run() -> None:
    assert len(notebooks()) >= 2


@pytest.mark.parametrize("name", notebooks())
def test_a_notebook_runs_and_is_kept_clean(name: str, tmp_path: Path, needs: Needs) -> None:
    needs("nbclient")
    needs("ipykernel")
    notebook = read(needs("nbformat"), (ROOT / name).read_text(encoding="utf-8"))
    assert leftovers(notebook) == []
    done = execute(notebook, tmp_path)
    assert pictures(done) >= 3


def test_a_notebook_that_fails_or_keeps_outputs_is_caught(tmp_path: Path, needs: Needs) -> None:
    nbclient = needs("nbclient")
    needs("ipykernel")
    nbformat = needs("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 == 2")])
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="AssertionError"):
        execute(notebook, tmp_path)
    assert leftovers(notebook) == ["cell 0: outputs or a count are kept; clear them"]
