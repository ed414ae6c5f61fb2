"""What every protocol asks and answers: a graph file or a ledger, one moment of it at a time, typed records out.

May import: every layer below and what opens ledgers beside it; no protocol, no web framework. Has no logic of its own.
Start reading at service.py, moment.py, then records.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.service.deadline import Deadline
    from focusmesh.interface.service.hub import Hub
    from focusmesh.interface.service.moment import Moment
    from focusmesh.interface.service.naming import find, find_all, in_json
    from focusmesh.interface.service.paging import Cursor, Page, height_of
    from focusmesh.interface.service.problems import (
        NotThereError,
        Problem,
        TimeLimitError,
        UnavailableError,
        log_unexpected,
        problem_of,
    )
    from focusmesh.interface.service.questions import (
        ContextQuestion,
        ParticleQuestion,
        Query,
        RankQuestion,
        RecallQuestion,
    )
    from focusmesh.interface.service.records import (
        Account,
        Answer,
        AskedAnswer,
        Block,
        BlockPage,
        BlockSummary,
        ContextAnswer,
        Entry,
        ExplanationAnswer,
        Item,
        LinkPage,
        LinkRow,
        Name,
        NamespaceRow,
        NamespaceShares,
        ParticleAnswer,
        ParticlePage,
        ParticleRow,
        PathRecord,
        PinPage,
        PinRow,
        PlacedSignal,
        ProofAnswer,
        Ranking,
        RecallAnswer,
        RecalledRow,
        Record,
        SharedLine,
        SharedShare,
        SnapshotTold,
        SquareRoots,
        Status,
        Stop,
        WalkAnswer,
        WalkRecord,
    )
    from focusmesh.interface.service.service import SECONDS_BETWEEN_LOOKS, Service
    from focusmesh.interface.service.signals import Signals
    from focusmesh.interface.service.snapshots import SharedSnapshots
    from focusmesh.interface.service.squares import Squares
    from focusmesh.interface.service.subscriptions import (
        AnswerEvent,
        BlockEvent,
        BlocksWanted,
        LiveEvent,
        Moved,
        ParticlesEvent,
        ParticlesWanted,
        QueryWanted,
        Subscription,
        Trouble,
    )

__all__ = [
    "SECONDS_BETWEEN_LOOKS",
    "Account",
    "Answer",
    "AnswerEvent",
    "AskedAnswer",
    "Block",
    "BlockEvent",
    "BlockPage",
    "BlockSummary",
    "BlocksWanted",
    "ContextAnswer",
    "ContextQuestion",
    "Cursor",
    "Deadline",
    "Entry",
    "ExplanationAnswer",
    "Hub",
    "Item",
    "LinkPage",
    "LinkRow",
    "LiveEvent",
    "Moment",
    "Moved",
    "Name",
    "NamespaceRow",
    "NamespaceShares",
    "NotThereError",
    "Page",
    "ParticleAnswer",
    "ParticlePage",
    "ParticleQuestion",
    "ParticleRow",
    "ParticlesEvent",
    "ParticlesWanted",
    "PathRecord",
    "PinPage",
    "PinRow",
    "PlacedSignal",
    "Problem",
    "ProofAnswer",
    "Query",
    "QueryWanted",
    "RankQuestion",
    "Ranking",
    "RecallAnswer",
    "RecallQuestion",
    "RecalledRow",
    "Record",
    "Service",
    "SharedLine",
    "SharedShare",
    "SharedSnapshots",
    "Signals",
    "SnapshotTold",
    "SquareRoots",
    "Squares",
    "Status",
    "Stop",
    "Subscription",
    "TimeLimitError",
    "Trouble",
    "UnavailableError",
    "WalkAnswer",
    "WalkRecord",
    "find",
    "find_all",
    "height_of",
    "in_json",
    "log_unexpected",
    "problem_of",
]

_HOMES = {
    "focusmesh.interface.service.deadline": ("Deadline",),
    "focusmesh.interface.service.hub": ("Hub",),
    "focusmesh.interface.service.moment": ("Moment",),
    "focusmesh.interface.service.naming": ("find", "find_all", "in_json"),
    "focusmesh.interface.service.paging": ("Cursor", "Page", "height_of"),
    "focusmesh.interface.service.problems": (
        *("NotThereError", "Problem", "TimeLimitError", "UnavailableError"),
        *("log_unexpected", "problem_of"),
    ),
    "focusmesh.interface.service.questions": (
        *("ContextQuestion", "ParticleQuestion", "Query", "RankQuestion", "RecallQuestion"),
    ),
    "focusmesh.interface.service.records": (
        *("Account", "Answer", "AskedAnswer", "Block", "BlockPage", "BlockSummary"),
        *("ContextAnswer", "Entry", "ExplanationAnswer", "Item", "LinkPage", "LinkRow"),
        *(
            "Name",
            "NamespaceRow",
            "NamespaceShares",
            "ParticleAnswer",
            "ParticlePage",
            "ParticleRow",
            "PathRecord",
            "PinPage",
            "PinRow",
            "PlacedSignal",
        ),
        *(
            "ProofAnswer",
            "Ranking",
            "RecallAnswer",
            "RecalledRow",
            "Record",
            "SharedLine",
            "SharedShare",
            "SnapshotTold",
            "SquareRoots",
            "Status",
        ),
        *("Stop", "WalkAnswer", "WalkRecord"),
    ),
    "focusmesh.interface.service.service": ("SECONDS_BETWEEN_LOOKS", "Service"),
    "focusmesh.interface.service.signals": ("Signals",),
    "focusmesh.interface.service.snapshots": ("SharedSnapshots",),
    "focusmesh.interface.service.squares": ("Squares",),
    "focusmesh.interface.service.subscriptions": (
        *("AnswerEvent", "BlockEvent", "BlocksWanted", "LiveEvent", "Moved", "ParticlesEvent"),
        *("ParticlesWanted", "QueryWanted", "Subscription", "Trouble"),
    ),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
