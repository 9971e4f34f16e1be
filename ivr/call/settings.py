"""How a call hears and takes turns, where no question says otherwise."""

from dataclasses import dataclass, field

from ivr.call.hearing import HearingSettings


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Times in ms."""

    hearing: HearingSettings = field(default_factory=HearingSettings)
    confirm_ms: int = 200
    """Speech this long over a prompt is a barge-in, counted from where its sound began."""
    sure_ms: int = 120
    """Of which the detector must have been sure for this long."""
    hesitation_ms: int = 800
    """Silence after a mere "um" that stopped a prompt, before the prompt goes on."""
    words_late_ms: int = 1200
    """Silence after something short that stopped a prompt: if its words are not known by then, the prompt goes on
    while they are waited for."""
    surely_speech_ms: int = 1000
    """What lasted so long is no cough: it is waited for."""
    withdraw_ms: int = 240
    """Silence this long before that: it was a cough."""
    rest_gap_ms: int = 700
    """Speech over our answer this soon after the turn it answers may be the rest of that turn ("yes", and then "that's
    right"): it is heard out before it cuts anything."""
    rest_ms: int = 900
    """Unless there is so much of it."""
    ask_ms: int = 200
    """Silence after which the words are asked for. They are thrown away if the caller goes on."""
    early_ms: int = 300
    """Silence after which a satisfied question ends the turn."""
    free_ms: int = 800
    short_ms: int = 700
    """The same where the question expects a word or a number (`turn: {answer: short}`); a `story` is waited for as an
    open ending is."""
    growing_ms: int = 1100
    """Where what was said will do and more is likely, such as digits whose number is not fixed."""
    open_ending_ms: int = 1500
    """Where more is to come: digits are missing, or the last word leads on."""
    stalling_ms: int = 4000
    """Where the caller asked for time: "hold on", "let me see"."""
    judge: bool = False
    """Ask for a second opinion on whether the caller sounds finished; it can only make the wait longer."""
    understands: bool = True
    """Where there is a model for it, it may be asked what was meant by words that are of no use to the question, or
    doubtful."""
    understands_sound: bool = True
    """It may hear the caller's sound too, where it can, and not only the words."""
    understands_private: bool = False
    """It may have what callers say to questions of class pii, as where it runs in the house; never pci and secret."""
    thinking_ms: int = 1200
    """A turn whose words take longer than this is bridged by a sentence: never two seconds of silence."""
    noise_ms: int = 250
    """Speech shorter than this whose words are empty was no speech."""
    goodbye_ms: int = 60_000
    """A farewell that is not heard by then is not waited for."""
