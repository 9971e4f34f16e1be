"""The engine's own sentences. A project replaces single ones under `words:`.

A field in braces is filled by the engine: {value} and {old} are said in the form of the slot's type, {low} and {high}
are its bounds, {most} is how many items a list may have, {length} its number of digits, {yes} and {no} keys.
"""

from collections.abc import Mapping
from typing import Final

from ivr.flow.sentences_es import SPANISH

ENGLISH: Final[Mapping[str, str]] = {
    "read_back": "I have {value}. Is that right?",
    "confirm_change": "{value} instead of {old}?",
    "confirm_hint": "Please say yes or no, or say what is wrong.",
    "confirm_keys": "Press {yes} for yes, or {no} for no.",
    "done_already": "I have already acted on what you told me before. Would you like to speak to a person about it?",
    "done_already_end": "I have already acted on what you told me before, so I can't change it now.",
    "what_to_change": "What would you like to change?",
    "which_one": "Do you mean {slots}?",
    "the_slot": "the {slot}",
    "or": "or",
    "choices": "{choices}.",
    "more_choices": "For others, say {more}.",
    "no_more_choices": "Those are all there are.",
    "other_choices": "others",
    "not_in_writing": "I can't take that in writing. Please call us for it.",
    "no_choices": "There is nothing to choose from.",
    "key_for": "{key} for {what}",
    "press": "Press {keys}.",
    "not_offered_now": "{value} is not to be had any more.",
    "waiting": "Take your time.",
    "help": "You can say your answer or use the keys.",
    "resumed": "Sorry, I lost you for a moment.",
    "recorded": "This call is recorded.",
    "limit": "I'm sorry, this call has reached its time limit. Goodbye.",
    "silence": "I can't hear you, so I'll end the call here. Goodbye.",
    "error": "I'm sorry, something went wrong on our side. Please call again later. Goodbye.",
    "goodbye": "Goodbye.",
    "not_given": "not given",
    "message_left": "Message from {from}, {seconds} seconds.",
    "attendant_accept": "To take the call, {how}.",
    "attendant_press": "press {key}",
    "attendant_speak": "say {words}",
    "attendant_or": "or",
    "attendant_again": "Sorry, I did not get that.",
    "attendant_caller_left": "The caller has left. Goodbye.",
    "attendant_nobody_waits": "Nobody is waiting. Goodbye.",
    "thinking": "One moment, please.",
    "still_there": "I'm still here. It takes a little longer.",
    "no_input": "Sorry, I didn't hear you. {question}",
    "no_input_again": "{keypad_hint} {question}",
    "no_match": "Sorry, I didn't catch that. {question}",
    "no_match_again": "{hint} {question}",
    "cannot_hear": "I'm sorry, I can't hear you well. Please use the keys. {question} {keypad_hint}",
    "invalid": "{why} {question}",
    "invalid_again": "{why} {hint} {question}",
    "why_length": "That doesn't have the right number of digits.",
    "why_range": "That is outside the range.",
    "why_from": "That is less than {low}.",
    "why_to": "That is more than {high}.",
    "why_check": "That number doesn't look right.",
    "why_pattern": "That doesn't look right.",
    "why_must": "That isn't possible.",
    "why_phone": "That doesn't sound like a whole phone number.",
    "why_up_to": "That is more than {most}.",
    "spell_it": "I have {value}. Please spell it for me, letter by letter.",
    "list_more": "Anything else?",
    "list_more_keys": "And the next one? Press the hash key when that is all.",
    "hint_more": "Please say one more, or say that's all.",
    "hint_time": "Please say a time, such as half past seven in the evening.",
    "hint_phone": "Please say the digits of the number, or type them.",
    "hint_duration": "Please say how long, such as two days or half an hour.",
    "hint_email": "Please say the address, such as name at example dot com. You can spell it.",
    "hint_spelled": "Please say the letters one by one. A as in Alpha will do too.",
    "hint_digits": "Please say the digits one by one, or type them.",
    "hint_number": "Please say a number, or type it.",
    "hint_money": "Please say an amount, or type it with the star key for the point.",
    "hint_date": "Please say the day, the month and the year, or type eight digits.",
    "hint_yes_no": "Please say yes or no.",
}


def own_sentences(language: str) -> Mapping[str, str] | None:
    """What this program says by itself in a language (`es-US`); None: it has no words of its own in it."""
    return {"en": ENGLISH, "es": SPANISH}.get(language.partition("-")[0])
