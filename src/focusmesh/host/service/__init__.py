"""What every protocol asks and answers: a graph file or a ledger, one moment of it at a time, typed records out.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.service.deadline import Deadline as Deadline
    from focusmesh.host.service.faces.applications import ApplicationQueries as ApplicationQueries
    from focusmesh.host.service.faces.applications import EncodedOperation as EncodedOperation
    from focusmesh.host.service.faces.applications import Verb as Verb
    from focusmesh.host.service.faces.applications import encode_operation as encode_operation
    from focusmesh.host.service.faces.applications import operation_of as operation_of
    from focusmesh.host.service.faces.applications import verbs as verbs
    from focusmesh.host.service.faces.parameters import REQUIRED as REQUIRED
    from focusmesh.host.service.faces.parameters import Parameter as Parameter
    from focusmesh.host.service.faces.parameters import form_of as form_of
    from focusmesh.host.service.faces.parameters import parameters_of as parameters_of
    from focusmesh.host.service.faces.parameters import question_of as question_of
    from focusmesh.host.service.faces.parameters import record_of as record_of
    from focusmesh.host.service.hub import Hub as Hub
    from focusmesh.host.service.ledger_questions import LEDGER_QUESTIONS as LEDGER_QUESTIONS
    from focusmesh.host.service.ledger_questions import GetAccount as GetAccount
    from focusmesh.host.service.ledger_questions import ProveContext as ProveContext
    from focusmesh.host.service.ledger_questions import ProveLink as ProveLink
    from focusmesh.host.service.ledger_questions import ProveRank as ProveRank
    from focusmesh.host.service.moment import Moment as Moment
    from focusmesh.host.service.network_questions import NETWORK_QUESTIONS as NETWORK_QUESTIONS
    from focusmesh.host.service.networks import HEADERS_MAX as HEADERS_MAX
    from focusmesh.host.service.networks import Networks as Networks
    from focusmesh.host.service.paging import NAMES_MAX as NAMES_MAX
    from focusmesh.host.service.paging import Cursor as Cursor
    from focusmesh.host.service.paging import Page as Page
    from focusmesh.host.service.paging import height_of as height_of
    from focusmesh.host.service.particle_names import find as find
    from focusmesh.host.service.particle_names import find_all as find_all
    from focusmesh.host.service.particle_names import in_json as in_json
    from focusmesh.host.service.problems import NotThereError as NotThereError
    from focusmesh.host.service.problems import Problem as Problem
    from focusmesh.host.service.problems import TimeLimitError as TimeLimitError
    from focusmesh.host.service.problems import TooManyError as TooManyError
    from focusmesh.host.service.problems import UnavailableError as UnavailableError
    from focusmesh.host.service.problems import WritesRefusedError as WritesRefusedError
    from focusmesh.host.service.problems import log_unexpected as log_unexpected
    from focusmesh.host.service.problems import malformed_error as malformed_error
    from focusmesh.host.service.problems import problem_of as problem_of
    from focusmesh.host.service.problems import unknown_parameter as unknown_parameter
    from focusmesh.host.service.questions.fields import HEIGHT_MAX as HEIGHT_MAX
    from focusmesh.host.service.questions.fields import TEXT_MAX as TEXT_MAX
    from focusmesh.host.service.questions.fields import AtHeight as AtHeight
    from focusmesh.host.service.questions.fields import Face as Face
    from focusmesh.host.service.questions.fields import OfPage as OfPage
    from focusmesh.host.service.questions.live import Asked as Asked
    from focusmesh.host.service.questions.live import ContextQuestion as ContextQuestion
    from focusmesh.host.service.questions.live import ParticleQuestion as ParticleQuestion
    from focusmesh.host.service.questions.live import Query as Query
    from focusmesh.host.service.questions.live import RankQuestion as RankQuestion
    from focusmesh.host.service.questions.live import RecallQuestion as RecallQuestion
    from focusmesh.host.service.questions.questions import QUESTIONS as QUESTIONS
    from focusmesh.host.service.questions.questions import Ask as Ask
    from focusmesh.host.service.questions.questions import Context as Context
    from focusmesh.host.service.questions.questions import Explain as Explain
    from focusmesh.host.service.questions.questions import ListNeighbours as ListNeighbours
    from focusmesh.host.service.questions.questions import Rank as Rank
    from focusmesh.host.service.questions.questions import Recall as Recall
    from focusmesh.host.service.questions.questions import Walk as Walk
    from focusmesh.host.service.questions.terminal import Compile as Compile
    from focusmesh.host.service.questions.terminal import ModelChoice as ModelChoice
    from focusmesh.host.service.questions.terminal import Plot as Plot
    from focusmesh.host.service.questions.terminal import Tune as Tune
    from focusmesh.host.service.records.network import DecisionPage as DecisionPage
    from focusmesh.host.service.records.network import DecisionRow as DecisionRow
    from focusmesh.host.service.records.network import ElectorateAnswer as ElectorateAnswer
    from focusmesh.host.service.records.network import FinalityAnswer as FinalityAnswer
    from focusmesh.host.service.records.network import FraudPage as FraudPage
    from focusmesh.host.service.records.network import FraudRow as FraudRow
    from focusmesh.host.service.records.network import GenesisAnswer as GenesisAnswer
    from focusmesh.host.service.records.network import HeaderPage as HeaderPage
    from focusmesh.host.service.records.network import HeaderRow as HeaderRow
    from focusmesh.host.service.records.network import PeerRow as PeerRow
    from focusmesh.host.service.records.network import PeersAnswer as PeersAnswer
    from focusmesh.host.service.records.network import UnbondingRow as UnbondingRow
    from focusmesh.host.service.records.network import ValidatorRow as ValidatorRow
    from focusmesh.host.service.records.network import ValidatorsAnswer as ValidatorsAnswer
    from focusmesh.host.service.records.network import Voter as Voter
    from focusmesh.host.service.records.records import Account as Account
    from focusmesh.host.service.records.records import Answer as Answer
    from focusmesh.host.service.records.records import AskedAnswer as AskedAnswer
    from focusmesh.host.service.records.records import Block as Block
    from focusmesh.host.service.records.records import BlockPage as BlockPage
    from focusmesh.host.service.records.records import BlockSummary as BlockSummary
    from focusmesh.host.service.records.records import ContextAnswer as ContextAnswer
    from focusmesh.host.service.records.records import Entry as Entry
    from focusmesh.host.service.records.records import ExplanationAnswer as ExplanationAnswer
    from focusmesh.host.service.records.records import Item as Item
    from focusmesh.host.service.records.records import LinkPage as LinkPage
    from focusmesh.host.service.records.records import LinkRow as LinkRow
    from focusmesh.host.service.records.records import MentionRow as MentionRow
    from focusmesh.host.service.records.records import Name as Name
    from focusmesh.host.service.records.records import NamespaceRow as NamespaceRow
    from focusmesh.host.service.records.records import NamespaceShares as NamespaceShares
    from focusmesh.host.service.records.records import ParticleAnswer as ParticleAnswer
    from focusmesh.host.service.records.records import ParticlePage as ParticlePage
    from focusmesh.host.service.records.records import ParticleRow as ParticleRow
    from focusmesh.host.service.records.records import PathRecord as PathRecord
    from focusmesh.host.service.records.records import PlacedSignal as PlacedSignal
    from focusmesh.host.service.records.records import PromisesAnswer as PromisesAnswer
    from focusmesh.host.service.records.records import ProofAnswer as ProofAnswer
    from focusmesh.host.service.records.records import Ranking as Ranking
    from focusmesh.host.service.records.records import RecallAnswer as RecallAnswer
    from focusmesh.host.service.records.records import RecalledRow as RecalledRow
    from focusmesh.host.service.records.records import Record as Record
    from focusmesh.host.service.records.records import SharedLine as SharedLine
    from focusmesh.host.service.records.records import SharedShare as SharedShare
    from focusmesh.host.service.records.records import SnapshotTold as SnapshotTold
    from focusmesh.host.service.records.records import SquareRoots as SquareRoots
    from focusmesh.host.service.records.records import Status as Status
    from focusmesh.host.service.records.records import Stop as Stop
    from focusmesh.host.service.records.records import WalkAnswer as WalkAnswer
    from focusmesh.host.service.records.records import WalkRecord as WalkRecord
    from focusmesh.host.service.service import SECONDS_BETWEEN_LOOKS as SECONDS_BETWEEN_LOOKS
    from focusmesh.host.service.service import Service as Service
    from focusmesh.host.service.signals import Signals as Signals
    from focusmesh.host.service.snapshots import SharedSnapshots as SharedSnapshots
    from focusmesh.host.service.squares import Squares as Squares
    from focusmesh.host.service.subscriptions import AnswerEvent as AnswerEvent
    from focusmesh.host.service.subscriptions import BlockEvent as BlockEvent
    from focusmesh.host.service.subscriptions import BlocksWanted as BlocksWanted
    from focusmesh.host.service.subscriptions import LiveEvent as LiveEvent
    from focusmesh.host.service.subscriptions import Moved as Moved
    from focusmesh.host.service.subscriptions import ParticlesEvent as ParticlesEvent
    from focusmesh.host.service.subscriptions import ParticlesWanted as ParticlesWanted
    from focusmesh.host.service.subscriptions import QueryWanted as QueryWanted
    from focusmesh.host.service.subscriptions import Subscription as Subscription
    from focusmesh.host.service.subscriptions import Trouble as Trouble
else:
    __getattr__, __dir__ = lazily(__name__)
