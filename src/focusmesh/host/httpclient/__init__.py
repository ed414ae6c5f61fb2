"""Asking servers over HTTP as they wish to be asked: who comes too fast waits, and asks again.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.host.httpclient.retries import WAIT_SECONDS_MAX as WAIT_SECONDS_MAX
from focusmesh.host.httpclient.retries import open_with_retries as open_with_retries
