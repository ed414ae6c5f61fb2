"""PyTorch, where it is installed, on one core."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator


def load_torch() -> Any:
    """The package; raises MissingExtraError without the extra ``ml``."""
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise MissingExtraError("ml", "tuning a model") from error


@contextmanager
def one_core(torch: Any) -> Iterator[None]:
    """One thread in PyTorch while it lasts: sums in another order would be other bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
