"""A grid for every protocol: what it is asked, what it answers, and the one process that keeps it.

May import: every layer below and what is beside it; no protocol, no web framework. Needs the extra ``ledger``, and
``grid`` where it is kept on servers. Start reading at service.py, then requests.py and keeping.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.grid.graph import graph_file, write_graph
    from focusmesh.interface.grid.keeping import ARRAY, KeptGrid, created, opened
    from focusmesh.interface.grid.messages import Heard, id_in, no_grid, read, written
    from focusmesh.interface.grid.packing import BLOCKS_MAX, packed
    from focusmesh.interface.grid.records import (
        BlockAnswer,
        CascadeAnswer,
        Changed,
        CubeAnswer,
        CubePage,
        CubeRow,
        GridAnswer,
        GridHealth,
        GridStats,
        HistoryPage,
        InterlockAnswer,
        OpinionRow,
        ProcessAnswer,
        RemovedAnswer,
        SentAnswer,
        TemplateAnswer,
        ThoughtAnswer,
        Token,
        VerifiedAnswer,
        VoteAnswer,
    )
    from focusmesh.interface.grid.requests import (
        Cascade,
        CollectiveThink,
        Connect,
        Execute,
        Initialize,
        Interlock,
        ListCubes,
        NewInstance,
        NewTemplate,
        NewValue,
        Process,
        Request,
        Said,
        SendMessage,
        Status,
        Tie,
        VerifyVote,
        Vote,
        Worded,
    )
    from focusmesh.interface.grid.service import GridService

__all__ = [
    "ARRAY",
    "BLOCKS_MAX",
    "BlockAnswer",
    "Cascade",
    "CascadeAnswer",
    "Changed",
    "CollectiveThink",
    "Connect",
    "CubeAnswer",
    "CubePage",
    "CubeRow",
    "Execute",
    "GridAnswer",
    "GridHealth",
    "GridService",
    "GridStats",
    "Heard",
    "HistoryPage",
    "Initialize",
    "Interlock",
    "InterlockAnswer",
    "KeptGrid",
    "ListCubes",
    "NewInstance",
    "NewTemplate",
    "NewValue",
    "OpinionRow",
    "Process",
    "ProcessAnswer",
    "RemovedAnswer",
    "Request",
    "Said",
    "SendMessage",
    "SentAnswer",
    "Status",
    "TemplateAnswer",
    "ThoughtAnswer",
    "Tie",
    "Token",
    "VerifiedAnswer",
    "VerifyVote",
    "Vote",
    "VoteAnswer",
    "Worded",
    "created",
    "graph_file",
    "id_in",
    "no_grid",
    "opened",
    "packed",
    "read",
    "write_graph",
    "written",
]

_HOMES = {
    "focusmesh.interface.grid.graph": ("graph_file", "write_graph"),
    "focusmesh.interface.grid.keeping": ("ARRAY", "KeptGrid", "created", "opened"),
    "focusmesh.interface.grid.messages": ("Heard", "id_in", "no_grid", "read", "written"),
    "focusmesh.interface.grid.packing": ("BLOCKS_MAX", "packed"),
    "focusmesh.interface.grid.records": (
        *("BlockAnswer", "CascadeAnswer", "Changed", "CubeAnswer", "CubePage", "CubeRow"),
        *("GridAnswer", "GridHealth", "GridStats", "HistoryPage", "InterlockAnswer"),
        *(
            "OpinionRow",
            "ProcessAnswer",
            "RemovedAnswer",
            "SentAnswer",
            "TemplateAnswer",
            "ThoughtAnswer",
        ),
        *("Token", "VerifiedAnswer", "VoteAnswer"),
    ),
    "focusmesh.interface.grid.requests": (
        *("Cascade", "CollectiveThink", "Connect", "Execute", "Initialize", "Interlock"),
        *("ListCubes", "NewInstance", "NewTemplate", "NewValue", "Process", "Request", "Said"),
        *("SendMessage", "Status", "Tie", "VerifyVote", "Vote", "Worded"),
    ),
    "focusmesh.interface.grid.service": ("GridService",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
