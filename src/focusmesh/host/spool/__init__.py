"""The spool: signals that processes of this machine leave for the node, in one indexed log, and the node's promises.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.host.spool.promises import PromiseCounts as PromiseCounts
from focusmesh.host.spool.promises import count_promises as count_promises
from focusmesh.host.spool.review import REVIEW_SECONDS as REVIEW_SECONDS
from focusmesh.host.spool.review import SpoolReview as SpoolReview
from focusmesh.host.spool.spool import Spool as Spool
