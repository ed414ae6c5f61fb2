"""Rules of whoever asks, evaluated over the rows of one moment."""

from __future__ import annotations

from focusmesh.host.service.rules.derivation import BaseRows as BaseRows
from focusmesh.host.service.rules.derivation import derive as derive
from focusmesh.host.service.rules.derivation import explain_row as explain_row
