"""What a query consists of, as it was written: clauses, patterns, expressions."""

from __future__ import annotations

from focusmesh.engine.reasoning.query.language.syntax.clauses import CallClause as CallClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import Clause as Clause
from focusmesh.engine.reasoning.query.language.syntax.clauses import CreateClause as CreateClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import MatchClause as MatchClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import Projection as Projection
from focusmesh.engine.reasoning.query.language.syntax.clauses import (
    ProjectionItem as ProjectionItem,
)
from focusmesh.engine.reasoning.query.language.syntax.clauses import ReturnClause as ReturnClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import SingleQuery as SingleQuery
from focusmesh.engine.reasoning.query.language.syntax.clauses import SortItem as SortItem
from focusmesh.engine.reasoning.query.language.syntax.clauses import (
    SubqueryClause as SubqueryClause,
)
from focusmesh.engine.reasoning.query.language.syntax.clauses import UnwindClause as UnwindClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import WithClause as WithClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import WriteClause as WriteClause
from focusmesh.engine.reasoning.query.language.syntax.clauses import WrittenQuery as WrittenQuery
from focusmesh.engine.reasoning.query.language.syntax.clauses import YieldItem as YieldItem
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    BinaryExpression as BinaryExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    CallExpression as CallExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    CaseExpression as CaseExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    ComparisonExpression as ComparisonExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import Expression as Expression
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    IndexExpression as IndexExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    LabelExpression as LabelExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    ListComprehension as ListComprehension,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    ListExpression as ListExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    LiteralExpression as LiteralExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    MapExpression as MapExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    MapProjection as MapProjection,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    ParameterExpression as ParameterExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    PatternComprehension as PatternComprehension,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    PatternExpression as PatternExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    PropertyExpression as PropertyExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    QuantifierExpression as QuantifierExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    ReduceExpression as ReduceExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    SliceExpression as SliceExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    SubqueryExpression as SubqueryExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    UnaryExpression as UnaryExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.expressions import (
    VariableExpression as VariableExpression,
)
from focusmesh.engine.reasoning.query.language.syntax.patterns import Hops as Hops
from focusmesh.engine.reasoning.query.language.syntax.patterns import NodePattern as NodePattern
from focusmesh.engine.reasoning.query.language.syntax.patterns import PathElement as PathElement
from focusmesh.engine.reasoning.query.language.syntax.patterns import PathPattern as PathPattern
from focusmesh.engine.reasoning.query.language.syntax.patterns import PathSelector as PathSelector
from focusmesh.engine.reasoning.query.language.syntax.patterns import (
    QuantifiedPattern as QuantifiedPattern,
)
from focusmesh.engine.reasoning.query.language.syntax.patterns import (
    RelationshipPattern as RelationshipPattern,
)
from focusmesh.engine.reasoning.query.language.syntax.tree import all_nodes as all_nodes
from focusmesh.engine.reasoning.query.language.syntax.tree import height as height
from focusmesh.engine.reasoning.query.language.syntax.tree import inner_nodes as inner_nodes
