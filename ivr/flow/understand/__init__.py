"""Words and keys to slots, options and commands."""

from ivr.flow.understand.agreement import only_agrees
from ivr.flow.understand.back_channels import means_nothing, only_hesitates, says_little
from ivr.flow.understand.in_writing import in_writing
from ivr.flow.understand.interpreting import interpret
from ivr.flow.understand.key_entry import read_keys
from ivr.flow.understand.model_answer import read_answer
from ivr.flow.understand.model_question import heard_tool
from ivr.flow.understand.pieces import join
from ivr.flow.understand.similarity import by_similarity, phrases

__all__ = [
    "by_similarity",
    "heard_tool",
    "in_writing",
    "interpret",
    "join",
    "means_nothing",
    "only_agrees",
    "only_hesitates",
    "phrases",
    "read_answer",
    "read_keys",
    "says_little",
]
