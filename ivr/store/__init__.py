"""What is kept."""

from ivr.store.calls import Calls, NoSuchCall
from ivr.store.db import Database, free_share, open_database
from ivr.store.entries import CALL_ENDED, Entry, Unreadable, read_journal, read_open_calls
from ivr.store.holders import Holders
from ivr.store.ids import began_at, is_call_id, new_call_id
from ivr.store.journal import Journal, open_journal
from ivr.store.keys import CallKey, mask_number
from ivr.store.leases import HEARTBEAT_EVERY, Leases
from ivr.store.recorded import Blank, RecordingReader, open_recording
from ivr.store.recordings import KeptRecording, Recorder, Recording, recording_path
from ivr.store.records import (
    TERMINAL,
    CallRow,
    CallStatus,
    HangUpIntent,
    Intent,
    KeptMark,
    KeptNote,
    Quality,
    ToolCall,
    ToolState,
    TransferIntent,
    Turn,
)
from ivr.store.recovery import RESUME_GRACE, recover
from ivr.store.tokens import TokenRefused, Tokens
from ivr.store.turns import Turns

__all__ = [
    "CALL_ENDED",
    "HEARTBEAT_EVERY",
    "RESUME_GRACE",
    "TERMINAL",
    "Blank",
    "CallKey",
    "CallRow",
    "CallStatus",
    "Calls",
    "Database",
    "Entry",
    "HangUpIntent",
    "Holders",
    "Intent",
    "Journal",
    "KeptMark",
    "KeptNote",
    "KeptRecording",
    "Leases",
    "NoSuchCall",
    "Quality",
    "Recorder",
    "Recording",
    "RecordingReader",
    "TokenRefused",
    "Tokens",
    "ToolCall",
    "ToolState",
    "TransferIntent",
    "Turn",
    "Turns",
    "Unreadable",
    "began_at",
    "free_share",
    "is_call_id",
    "mask_number",
    "new_call_id",
    "open_database",
    "open_journal",
    "open_recording",
    "read_journal",
    "read_open_calls",
    "recording_path",
    "recover",
]
