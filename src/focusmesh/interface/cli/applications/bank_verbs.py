"""``focusmesh query fees`` and ``deposits``: what room costs now, and what a neuron has locked for what it keeps."""

from __future__ import annotations

from focusmesh.apps import NOWHERE
from focusmesh.apps.bank import APPLICATION
from focusmesh.host.service import Verb
from focusmesh.interface.cli.applications.verb_command import verb_command

fees = verb_command(Verb(APPLICATION, APPLICATION.query("fees"), NOWHERE))
deposits = verb_command(Verb(APPLICATION, APPLICATION.query("deposits"), NOWHERE))
