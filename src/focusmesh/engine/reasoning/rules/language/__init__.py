"""The language of rules: text becomes a program, or an error with line, column and remedy."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.language.places import failure as failure
from focusmesh.engine.reasoning.rules.language.places import position as position
from focusmesh.engine.reasoning.rules.language.reader import read_program as read_program
from focusmesh.engine.reasoning.rules.language.syntax import Aggregate as Aggregate
from focusmesh.engine.reasoning.rules.language.syntax import Atom as Atom
from focusmesh.engine.reasoning.rules.language.syntax import Call as Call
from focusmesh.engine.reasoning.rules.language.syntax import ComparisonLiteral as ComparisonLiteral
from focusmesh.engine.reasoning.rules.language.syntax import Constant as Constant
from focusmesh.engine.reasoning.rules.language.syntax import Declaration as Declaration
from focusmesh.engine.reasoning.rules.language.syntax import Literal as Literal
from focusmesh.engine.reasoning.rules.language.syntax import OperatorCall as OperatorCall
from focusmesh.engine.reasoning.rules.language.syntax import RuleProgram as RuleProgram
from focusmesh.engine.reasoning.rules.language.syntax import Term as Term
from focusmesh.engine.reasoning.rules.language.syntax import Variable as Variable
from focusmesh.engine.reasoning.rules.language.syntax import WrittenRule as WrittenRule
