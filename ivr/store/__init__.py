"""What is kept."""

from ivr.store.calls import Calls
from ivr.store.db import Database, open_database
from ivr.store.entries import CALL_ENDED, Entry, Unreadable, read_journal, read_open_calls
from ivr.store.ids import began_at, is_call_id, new_call_id
from ivr.store.journal import Journal, open_journal
from ivr.store.keys import CallKey, mask_number
from ivr.store.records import (
    CallRow,
    CallStatus,
    HangUpIntent,
    Intent,
    KeptMark,
    Quality,
    ToolCall,
    ToolState,
    TransferIntent,
    Turn,
)
from ivr.store.tokens import TokenRefused, Tokens
from ivr.store.turns import Turns

__all__ = [
    "CALL_ENDED",
    "CallKey",
    "CallRow",
    "CallStatus",
    "Calls",
    "Database",
    "Entry",
    "HangUpIntent",
    "Intent",
    "Journal",
    "KeptMark",
    "Quality",
    "TokenRefused",
    "Tokens",
    "ToolCall",
    "ToolState",
    "TransferIntent",
    "Turn",
    "Turns",
    "Unreadable",
    "began_at",
    "is_call_id",
    "mask_number",
    "new_call_id",
    "open_database",
    "open_journal",
    "read_journal",
    "read_open_calls",
]
