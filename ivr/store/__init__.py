"""What is kept."""

from ivr.store.accounts import LOOK_BACK, Account, Accounts, SpokenWord
from ivr.store.attendants import BEFORE_JOINED, AttendantRow, Attendants, NewAttendant, Stage
from ivr.store.calls import Answer, Calls, Made, NoSuchCall, finishing, keeping_quality
from ivr.store.chats import ChatRequest, Chats, NewChat, NotOpened, OpenChat, request_name
from ivr.store.db import Database, Work, free_share, open_database
from ivr.store.engines import postgres_url, shown_url
from ivr.store.entries import CALL_ENDED, Entry, Unreadable, read_journal, read_open_calls
from ivr.store.holders import Connected, Holders
from ivr.store.ids import began_at, is_call_id, new_call_id
from ivr.store.journal import Journal, open_journal
from ivr.store.journal_places import JOURNAL_FILE, journal_files
from ivr.store.keys import CallKey, mask_number
from ivr.store.leases import HEARTBEAT_EVERY, Leases
from ivr.store.messages import (
    KeptMessage,
    Messages,
    beginning_message,
    ending_message,
    message_path,
    message_sound,
    wording_message,
)
from ivr.store.orders import AskedOtherwise, NewOrder, Order, Orders, OrderStage
from ivr.store.recorded import Blank, RecordingReader, open_recording
from ivr.store.recordings import KeptRecording, Recorder, Recording, recording_path
from ivr.store.records import (
    TERMINAL,
    CallRow,
    CallStatus,
    HangUpIntent,
    Intent,
    JoinIntent,
    KeptMark,
    KeptNote,
    Medium,
    Quality,
    ToolCall,
    ToolState,
    TransferIntent,
    Turn,
)
from ivr.store.recovery import RESUME_GRACE, recover
from ivr.store.revisions import newest_revision, revision, revisions_postgres
from ivr.store.sends import KeptSend, NewSend, Sends, SendState, TakenSend, keeping_send
from ivr.store.tokens import TokenRefused, Tokens, new_token
from ivr.store.turns import Turns, keeping_notes, keeping_tool, keeping_turn

__all__ = [
    "BEFORE_JOINED",
    "CALL_ENDED",
    "HEARTBEAT_EVERY",
    "JOURNAL_FILE",
    "LOOK_BACK",
    "RESUME_GRACE",
    "TERMINAL",
    "Account",
    "Accounts",
    "Answer",
    "AskedOtherwise",
    "AttendantRow",
    "Attendants",
    "Blank",
    "CallKey",
    "CallRow",
    "CallStatus",
    "Calls",
    "ChatRequest",
    "Chats",
    "Connected",
    "Database",
    "Entry",
    "HangUpIntent",
    "Holders",
    "Intent",
    "JoinIntent",
    "Journal",
    "KeptMark",
    "KeptMessage",
    "KeptNote",
    "KeptRecording",
    "KeptSend",
    "Leases",
    "Made",
    "Medium",
    "Messages",
    "NewAttendant",
    "NewChat",
    "NewOrder",
    "NewSend",
    "NoSuchCall",
    "NotOpened",
    "OpenChat",
    "Order",
    "OrderStage",
    "Orders",
    "Quality",
    "Recorder",
    "Recording",
    "RecordingReader",
    "SendState",
    "Sends",
    "SpokenWord",
    "Stage",
    "TakenSend",
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
    "beginning_message",
    "ending_message",
    "finishing",
    "free_share",
    "is_call_id",
    "journal_files",
    "keeping_notes",
    "keeping_quality",
    "keeping_send",
    "keeping_tool",
    "keeping_turn",
    "mask_number",
    "message_path",
    "message_sound",
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
    "request_name",
    "revision",
    "revisions_postgres",
    "shown_url",
    "wording_message",
]
