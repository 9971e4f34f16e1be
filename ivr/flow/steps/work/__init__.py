"""One event being worked on: the state as it changes, the effects so far, and the moves of the walk.

A `Work` lives inside one `engine.step` and never leaves it, so it may change in place; what goes in and comes out is
plain values. Verbs are functions over it. It is built in layers, each of which knows only those below it: what is here,
what is asked for, what is kept, where the walk goes.
"""

from ivr.flow.steps.work.effects import joined as joined
from ivr.flow.steps.work.moves import BUDGET as BUDGET
from ivr.flow.steps.work.moves import Work as Work
