"""The frozen values that one phase hands to the next; standard library only.

Nothing here decides anything. A phase that establishes a fact (emission, expectation, measure) returns one of these; a
phase that judges or shows (rules, report) takes them in. Because they are plain and frozen, a `Report` can be kept,
compared, pickled and turned into JSON without keeping a model or an array alive.
"""

from logit_magic.facts.distributions import Distributions as Distributions
from logit_magic.facts.distributions import Histogram as Histogram
from logit_magic.facts.distributions import SampleNote as SampleNote
from logit_magic.facts.distributions import Series as Series
from logit_magic.facts.effects import Effect as Effect
from logit_magic.facts.effects import GradientGap as GradientGap
from logit_magic.facts.effects import LossRange as LossRange
from logit_magic.facts.effects import TrainingEnd as TrainingEnd
from logit_magic.facts.meetings import Applied as Applied
from logit_magic.facts.meetings import Labels as Labels
from logit_magic.facts.meetings import Metric as Metric
from logit_magic.facts.meetings import Monitor as Monitor
from logit_magic.facts.meetings import Swapped as Swapped
from logit_magic.facts.pairs import SEVERITIES as SEVERITIES
from logit_magic.facts.pairs import Basis as Basis
from logit_magic.facts.pairs import Emission as Emission
from logit_magic.facts.pairs import Emits as Emits
from logit_magic.facts.pairs import Evidence as Evidence
from logit_magic.facts.pairs import Expectation as Expectation
from logit_magic.facts.pairs import Expects as Expects
from logit_magic.facts.pairs import Finding as Finding
from logit_magic.facts.pairs import How as How
from logit_magic.facts.pairs import LabelFormat as LabelFormat
from logit_magic.facts.pairs import Location as Location
from logit_magic.facts.pairs import Pair as Pair
from logit_magic.facts.pairs import Severity as Severity
from logit_magic.facts.pairs import Verdict as Verdict
from logit_magic.facts.remedies import Fix as Fix
from logit_magic.facts.remedies import Remedy as Remedy
from logit_magic.facts.remedies import Replacement as Replacement
from logit_magic.facts.remedies import SourceEdit as SourceEdit
from logit_magic.facts.remedies import Step as Step
