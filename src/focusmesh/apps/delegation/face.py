"""Delegation as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import Application

APPLICATION = Application(
    name="delegation",
    words="Neurons give their stake to validators, who vote with it and share what they earn.",
    operations=(),
    parameters=("staking",),
)
