"""What is kept."""

from ivr.store.calls import Answer, Calls, NoSuchCall, finishing, keeping_quality
from ivr.store.db import Database, Work, free_share, open_database
from ivr.store.engines import postgres_url, shown_url
from ivr.store.entries import CALL_ENDED, Entry, Unreadable, read_journal, read_open_calls
from ivr.store.holders import Connected, Holders
from ivr.store.ids import began_at, is_call_id, new_call_id
from ivr.store.journal import Journal, open_journal
from ivr.store.journal_places import JOURNAL_FILE, journal_files
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
from ivr.store.revisions import newest_revision, revision, revisions_postgres
from ivr.store.tokens import TokenRefused, Tokens, new_token
from ivr.store.turns import Turns, keeping_notes, keeping_tool, keeping_turn

__all__ = [
    "CALL_ENDED",
    "HEARTBEAT_EVERY",
    "JOURNAL_FILE",
    "RESUME_GRACE",
    "TERMINAL",
    "Answer",
    "Blank",
    "CallKey",
    "CallRow",
    "CallStatus",
    "Calls",
    "Connected",
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
    "Work",
    "began_at",
    "finishing",
    "free_share",
    "is_call_id",
    "journal_files",
    "keeping_notes",
    "keeping_quality",
    "keeping_tool",
    "keeping_turn",
    "mask_number",
    "new_call_id",
    "new_token",
    "newest_revision",
    "open_database",
    "open_journal",
    "open_recording",
    "postgres_url",
    "read_journal",
    "read_open_calls",
    "recording_path",
    "recover",
    "revision",
    "revisions_postgres",
    "shown_url",
]
