"""The tree of exceptions: as drawn, and each message what failed."""

from __future__ import annotations

import pickle

import pytest

from focusmesh import errors

DRAWN = {
    "InputError": ("FocusmeshError", ValueError),
    "ParameterError": ("InputError", ValueError),
    "UnknownParticleError": ("InputError", KeyError),
    "CertificateError": ("InputError", ValueError),
    "ProgramError": ("InputError", ValueError),
    "BadLineError": ("InputError", ValueError),
    "UnsupportedFormatError": ("InputError", ValueError),
    "FileError": ("FocusmeshError", OSError),
    "DamagedFileError": ("FileError", OSError),
    "NewerVersionError": ("FileError", OSError),
    "MissingExtraError": ("FocusmeshError", ImportError),
    "CardError": ("FocusmeshError", RuntimeError),
    "FuelError": ("FocusmeshError", RuntimeError),
    "RankError": ("FocusmeshError", RuntimeError),
    "ShardError": ("FocusmeshError", RuntimeError),
    "MemoryLimitError": ("FocusmeshError", MemoryError),
    "ConvergenceError": ("FocusmeshError", Exception),
}


@pytest.mark.parametrize("name", DRAWN)
def test_place_in_the_tree(name: str) -> None:
    parent, builtin = DRAWN[name]
    assert issubclass(getattr(errors, name), getattr(errors, parent))
    assert issubclass(getattr(errors, name), builtin)


def test_tree_is_drawn_whole() -> None:
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert errors.__doc__ is not None
    assert defined - {"FocusmeshError"} >= set(DRAWN)
    assert [
        name for name in sorted(defined) if f"{name} " not in errors.__doc__.replace("\n", " ")
    ] == []


def test_messages_name_what_failed() -> None:
    unknown = errors.UnknownParticleError("a\n", "relation", ["ab", "ac"])
    assert str(unknown) == "no relation is named 'a\\n'; close names: ab, ac"
    assert str(errors.BadLineError("f.csv", 3, "no weight")).startswith("f.csv:3: no weight")
    assert "focusmesh[plot]" in str(errors.MissingExtraError("plot", "drawing"))


@pytest.mark.parametrize("name", ["InputError", "FileError", "ConvergenceError"])
def test_pickled(name: str) -> None:
    kind = getattr(errors, name)
    assert str(pickle.loads(pickle.dumps(kind("said")))) == "said"


def test_what_a_solve_reached_is_pickled() -> None:
    error = errors.ConvergenceError("said", residual=0.5, bound=1.0, sweeps=7, rate=0.9)
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.residual, back.bound, back.sweeps, back.rate) == (
        "said",
        *(0.5, 1.0, 7, 0.9),
    )
