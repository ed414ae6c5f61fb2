"""focusmesh that commits to a false focus, for a drill: the supervisor begins it in the place of the true one.

It is another program, so that no option, file or variable makes a node lie. One number of the one application of the
operator is another, the same for everybody who lies: liars find each other's blocks right, and honest ones wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.kernel.focus import FocusTrace

if TYPE_CHECKING:
    from focusmesh.engine.focus import ApplicationTrace
    from focusmesh.kernel.focus import TraceForm

_STAGE = "Q1"


def lie() -> None:
    """From now on this process commits to a false trace wherever it makes or checks one."""
    true = FocusTrace.commit

    def commit(made: ApplicationTrace, form: TraceForm) -> FocusTrace:
        return true(_bent(made), form)

    FocusTrace.commit = commit  # type: ignore[method-assign]


def _bent(made: ApplicationTrace) -> ApplicationTrace:
    """An application with one more in one entry of one stage."""
    stages = []
    for stage in made.stages:
        if stage.name == _STAGE and len(stage.values):
            values = stage.values.copy()
            values[0] += 1
            stage = replace(stage, values=values)
        stages.append(stage)
    return replace(made, stages=stages)
