"""Who has the floor, as one table. What is not in it is our own mistake and raises.

```
              prompt          speech                 pause            pause over, or satisfied
   OPEN ───────────▶ BOT ───────────▶ MAYBE_CALLER
    ▲                 ▲  ◀── withdrawn ──┘  │ confirmed: the prompt is cut
    │                 │                     ▼
    │ read            │  speech again   CALLER ◀──────▶ MAYBE_ENDED ───────────▶ THINKING
    └─────────────────┴─────────────────────────────────────────────────────────────┘

   A turn that cut a prompt, as far as it has come (CALLER, MAYBE_ENDED, THINKING):
       ── meant nothing ──▶ BOT, the prompt goes on        ── words late ──▶ MAYBE_CALLER, the prompt goes on meanwhile
```
THINKING is short: the turn is over, its text on the way. Speech there is an afterthought and goes on the same turn.
"""

from enum import StrEnum
from typing import Final


class Floor(StrEnum):
    OPEN = "open"
    BOT = "bot"
    MAYBE_CALLER = "maybe_caller"
    CALLER = "caller"
    MAYBE_ENDED = "maybe_ended"
    THINKING = "thinking"


class Sign(StrEnum):
    PROMPT_STARTED = "prompt_started"
    PROMPTS_DONE = "prompts_done"
    """Nothing more of ours is to be heard."""
    SPEECH_STARTED = "speech_started"
    SPEECH_CONFIRMED = "speech_confirmed"
    SPEECH_WITHDRAWN = "speech_withdrawn"
    MEANT_NOTHING = "meant_nothing"
    """What cut the prompt was a cough, an echo, or words that only show that somebody listens."""
    WORDS_LATE = "words_late"
    """Something short cut the prompt, and what it was takes too long to be known."""
    PAUSE_BEGAN = "pause_began"
    """Silence long enough to ask the recogniser early."""
    TURN_OVER = "turn_over"
    READ = "read"
    """The turn's words were given to the flow, or came to nothing."""
    KEY_TAKEN = "key_taken"
    """A key took the floor: prompt and pending speech are dropped."""


class Move(StrEnum):
    """What a move asks for."""

    NOTHING = "nothing"
    BEGIN_TURN = "begin_turn"
    STOP_PROMPT = "stop_prompt"
    """Cut what we say and begin the caller's turn."""
    ASK_EARLY = "ask_early"
    DROP_EARLY = "drop_early"
    END_TURN = "end_turn"
    DROP_TURN = "drop_turn"
    GO_ON = "go_on"
    """Drop the turn and say the rest of what was cut."""
    GO_ON_MEANWHILE = "go_on_meanwhile"
    """Say the rest, and still wait for the turn's words."""


MOVES: Final[dict[tuple[Floor, Sign], tuple[Floor, Move]]] = {
    (Floor.OPEN, Sign.PROMPT_STARTED): (Floor.BOT, Move.NOTHING),
    (Floor.OPEN, Sign.PROMPTS_DONE): (Floor.OPEN, Move.NOTHING),
    (Floor.OPEN, Sign.SPEECH_STARTED): (Floor.CALLER, Move.BEGIN_TURN),
    (Floor.OPEN, Sign.KEY_TAKEN): (Floor.OPEN, Move.NOTHING),
    (Floor.BOT, Sign.PROMPT_STARTED): (Floor.BOT, Move.NOTHING),
    (Floor.BOT, Sign.PROMPTS_DONE): (Floor.OPEN, Move.NOTHING),
    (Floor.BOT, Sign.SPEECH_STARTED): (Floor.MAYBE_CALLER, Move.BEGIN_TURN),
    (Floor.BOT, Sign.KEY_TAKEN): (Floor.OPEN, Move.STOP_PROMPT),
    (Floor.MAYBE_CALLER, Sign.PROMPT_STARTED): (Floor.MAYBE_CALLER, Move.NOTHING),
    (Floor.MAYBE_CALLER, Sign.PROMPTS_DONE): (Floor.CALLER, Move.NOTHING),
    (Floor.MAYBE_CALLER, Sign.SPEECH_CONFIRMED): (Floor.CALLER, Move.STOP_PROMPT),
    (Floor.MAYBE_CALLER, Sign.SPEECH_WITHDRAWN): (Floor.BOT, Move.DROP_TURN),
    (Floor.MAYBE_CALLER, Sign.KEY_TAKEN): (Floor.OPEN, Move.STOP_PROMPT),
    (Floor.CALLER, Sign.PROMPT_STARTED): (Floor.BOT, Move.DROP_TURN),
    (Floor.CALLER, Sign.PROMPTS_DONE): (Floor.CALLER, Move.NOTHING),
    (Floor.CALLER, Sign.PAUSE_BEGAN): (Floor.MAYBE_ENDED, Move.ASK_EARLY),
    (Floor.CALLER, Sign.TURN_OVER): (Floor.THINKING, Move.END_TURN),
    (Floor.CALLER, Sign.SPEECH_WITHDRAWN): (Floor.OPEN, Move.DROP_TURN),
    (Floor.CALLER, Sign.MEANT_NOTHING): (Floor.BOT, Move.GO_ON),
    (Floor.CALLER, Sign.KEY_TAKEN): (Floor.OPEN, Move.DROP_TURN),
    (Floor.MAYBE_ENDED, Sign.PROMPT_STARTED): (Floor.BOT, Move.DROP_TURN),
    (Floor.MAYBE_ENDED, Sign.PROMPTS_DONE): (Floor.MAYBE_ENDED, Move.NOTHING),
    (Floor.MAYBE_ENDED, Sign.SPEECH_STARTED): (Floor.CALLER, Move.DROP_EARLY),
    (Floor.MAYBE_ENDED, Sign.TURN_OVER): (Floor.THINKING, Move.END_TURN),
    (Floor.MAYBE_ENDED, Sign.SPEECH_WITHDRAWN): (Floor.OPEN, Move.DROP_TURN),
    (Floor.MAYBE_ENDED, Sign.MEANT_NOTHING): (Floor.BOT, Move.GO_ON),
    (Floor.MAYBE_ENDED, Sign.WORDS_LATE): (Floor.MAYBE_CALLER, Move.GO_ON_MEANWHILE),
    (Floor.MAYBE_ENDED, Sign.KEY_TAKEN): (Floor.OPEN, Move.DROP_TURN),
    (Floor.THINKING, Sign.PROMPT_STARTED): (Floor.BOT, Move.DROP_TURN),
    (Floor.THINKING, Sign.PROMPTS_DONE): (Floor.THINKING, Move.NOTHING),
    (Floor.THINKING, Sign.SPEECH_STARTED): (Floor.CALLER, Move.DROP_EARLY),
    (Floor.THINKING, Sign.READ): (Floor.OPEN, Move.NOTHING),
    (Floor.THINKING, Sign.MEANT_NOTHING): (Floor.BOT, Move.GO_ON),
    (Floor.THINKING, Sign.WORDS_LATE): (Floor.MAYBE_CALLER, Move.GO_ON_MEANWHILE),
    (Floor.THINKING, Sign.KEY_TAKEN): (Floor.OPEN, Move.DROP_TURN),
}


class FloorState:
    """Where the floor is; `take` makes a legal move."""

    def __init__(self) -> None:
        self._floor = Floor.OPEN

    @property
    def now(self) -> Floor:
        return self._floor

    def take(self, sign: Sign) -> Move:
        self._floor, move = MOVES[(self._floor, sign)]
        return move
