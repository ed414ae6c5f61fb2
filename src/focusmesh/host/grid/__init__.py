"""A grid for every protocol: what it is asked, what it answers, and the one process that keeps it.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.grid.block_packing import BLOCKS_MAX as BLOCKS_MAX
    from focusmesh.host.grid.block_packing import pack_blocks as pack_blocks
    from focusmesh.host.grid.graph import graph_file as graph_file
    from focusmesh.host.grid.graph import write_graph as write_graph
    from focusmesh.host.grid.kept_grid import ARRAY as ARRAY
    from focusmesh.host.grid.kept_grid import KeptGrid as KeptGrid
    from focusmesh.host.grid.kept_grid import create_grid as create_grid
    from focusmesh.host.grid.kept_grid import open_grid as open_grid
    from focusmesh.host.grid.kept_grid import secret_of as secret_of
    from focusmesh.host.grid.messages import HeardMessage as HeardMessage
    from focusmesh.host.grid.messages import id_in as id_in
    from focusmesh.host.grid.messages import no_grid as no_grid
    from focusmesh.host.grid.messages import read as read
    from focusmesh.host.grid.messages import write_message as write_message
    from focusmesh.host.grid.records import BlockAnswer as BlockAnswer
    from focusmesh.host.grid.records import CascadeAnswer as CascadeAnswer
    from focusmesh.host.grid.records import Changed as Changed
    from focusmesh.host.grid.records import CubeAnswer as CubeAnswer
    from focusmesh.host.grid.records import CubePage as CubePage
    from focusmesh.host.grid.records import CubeRow as CubeRow
    from focusmesh.host.grid.records import GridAnswer as GridAnswer
    from focusmesh.host.grid.records import GridHealth as GridHealth
    from focusmesh.host.grid.records import GridStats as GridStats
    from focusmesh.host.grid.records import HistoryPage as HistoryPage
    from focusmesh.host.grid.records import InterlockAnswer as InterlockAnswer
    from focusmesh.host.grid.records import OpinionRow as OpinionRow
    from focusmesh.host.grid.records import ProcessAnswer as ProcessAnswer
    from focusmesh.host.grid.records import RemovedAnswer as RemovedAnswer
    from focusmesh.host.grid.records import SentAnswer as SentAnswer
    from focusmesh.host.grid.records import TemplateAnswer as TemplateAnswer
    from focusmesh.host.grid.records import ThoughtAnswer as ThoughtAnswer
    from focusmesh.host.grid.records import Token as Token
    from focusmesh.host.grid.records import VerifiedAnswer as VerifiedAnswer
    from focusmesh.host.grid.records import VoteAnswer as VoteAnswer
    from focusmesh.host.grid.requests import Cascade as Cascade
    from focusmesh.host.grid.requests import CollectiveThink as CollectiveThink
    from focusmesh.host.grid.requests import Connect as Connect
    from focusmesh.host.grid.requests import Execute as Execute
    from focusmesh.host.grid.requests import Initialize as Initialize
    from focusmesh.host.grid.requests import Interlock as Interlock
    from focusmesh.host.grid.requests import ListCubes as ListCubes
    from focusmesh.host.grid.requests import NewInstance as NewInstance
    from focusmesh.host.grid.requests import NewTemplate as NewTemplate
    from focusmesh.host.grid.requests import NewValue as NewValue
    from focusmesh.host.grid.requests import Process as Process
    from focusmesh.host.grid.requests import Request as Request
    from focusmesh.host.grid.requests import Said as Said
    from focusmesh.host.grid.requests import SendMessage as SendMessage
    from focusmesh.host.grid.requests import Status as Status
    from focusmesh.host.grid.requests import Tie as Tie
    from focusmesh.host.grid.requests import VerifyVote as VerifyVote
    from focusmesh.host.grid.requests import Vote as Vote
    from focusmesh.host.grid.requests import Worded as Worded
    from focusmesh.host.grid.service import GridService as GridService
else:
    __getattr__, __dir__ = lazily(__name__)
