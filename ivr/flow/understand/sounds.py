"""Words as the sounds they are made of, so that what was heard can be compared with what may have been said.

A telephone's recogniser writes other words that sound like the right ones: "pencil" for cancel, "first aid" for
Thursday.
Letters become sounds by the common rules of English spelling, and a sound its features (place, manner, voice), so that
two sounds that a line of 300 to 3400 Hz confuses (p and k, f and th, m and n) differ in one of them and two that it
does not in all.
"""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Indel

_KNOWN: Final = {
    "one": "W AH N",
    "once": "W AH N S",
    "won": "W AH N",
    "two": "T UW",
    "to": "T UW",
    "too": "T UW",
    "eight": "EY T",
    "ate": "EY T",
    "people": "P IY P AH L",
    "of": "AH V",
    "the": "DH AH",
    "a": "AH",
    "you": "Y UW",
    "your": "Y AO R",
    "who": "HH UW",
    "who's": "HH UW Z",
    "what": "W AA T",
    "want": "W AA N T",
    "won't": "W OW N T",
    "was": "W AA Z",
    "do": "D UW",
    "does": "D AH Z",
    "done": "D AH N",
    "come": "K AH M",
    "some": "S AH M",
    "said": "S EH D",
    "says": "S EH Z",
    "are": "AA R",
    "have": "HH AE V",
    "give": "G IH V",
    "live": "L IH V",
    "get": "G EH T",
    "they": "DH EY",
    "they're": "DH EH R",
    "there": "DH EH R",
    "their": "DH EH R",
    "this": "DH IH S",
    "that": "DH AE T",
    "that's": "DH AE T S",
    "then": "DH EH N",
    "than": "DH AE N",
    "these": "DH IY Z",
    "those": "DH OW Z",
    "wednesday": "W EH N Z D EY",
    "tuesday": "T UW Z D EY",
    "hour": "AW R",
    "our": "AW R",
    "i": "AY",
    "i'm": "AY M",
    "i'll": "AY L",
    "my": "M AY",
    "by": "B AY",
    "buy": "B AY",
    "doctor": "D AA K T ER",
    "women": "W IH M IH N",
    "woman": "W UH M AH N",
    "answer": "AE N S ER",
    "business": "B IH Z N AH S",
    "could": "K UH D",
    "would": "W UH D",
    "should": "SH UH D",
    "love": "L AH V",
    "other": "AH DH ER",
    "nothing": "N AH TH IH NG",
    "something": "S AH M TH IH NG",
    "know": "N OW",
    "no": "N OW",
    "so": "S OW",
    "go": "G OW",
    "yes": "Y EH S",
    "be": "B IY",
    "he": "HH IY",
    "she": "SH IY",
    "me": "M IY",
    "we": "W IY",
    "and": "AE N D",
    "four": "F AO R",
    "for": "F AO R",
    "or": "AO R",
    "month": "M AH N TH",
    "money": "M AH N IY",
    "cancel": "K AE N S AH L",
    "today": "T UW D EY",
    "tonight": "T UW N AY T",
    "tomorrow": "T UW M AA R OW",
    "friday": "F R AY D EY",
    "please": "P L IY Z",
    "visit": "V IH Z IH T",
    "water": "W AA T ER",
    "bye": "B AY",
    "goodbye": "G UH D B AY",
    "child": "CH AY L D",
    "bill": "B IH L",
    "both": "B OW TH",
    "most": "M OW S T",
    "old": "OW L D",
    "sold": "S OW L D",
    "cold": "K OW L D",
    "hold": "HH OW L D",
    "told": "T OW L D",
    "stolen": "S T OW L AH N",
    "open": "OW P AH N",
    "over": "OW V ER",
    "extra": "EH K S T R AH",
    "any": "EH N IY",
    "many": "M EH N IY",
    "again": "AH G EH N",
    "breakfast": "B R EH K F AH S T",
    "bread": "B R EH D",
    "head": "HH EH D",
    "dead": "D EH D",
    "read": "R EH D",
    "card": "K AA R D",
}
"""Words that common rules spell wrongly."""

_RULES: Final = (
    *(("^kn", "N"), ("^wr", "R"), ("^ps", "S"), ("^gh", "G"), ("^x", "Z"), ("^wh(?=o)", "HH"), ("wh", "W")),
    *(("tch", "CH"), ("sch", "S K"), ("ch(?=[rlt])", "K"), ("ch", "CH"), ("sh", "SH"), ("ph", "F"), ("ck", "K")),
    *(("th(?=er$|ers$|e$)", "DH"), ("th", "TH"), ("qu", "K W"), ("eigh", "EY"), ("aigh", "EY"), ("igh", "AY")),
    *(("augh", "AO"), ("ough(?=t)", "AO"), ("ough", "OW"), ("gh", ""), ("dge", "JH"), ("dg", "JH")),
    *(("tion", "SH AH N"), ("ssion", "SH AH N"), ("sion", "ZH AH N"), ("ture", "CH ER"), ("ci(?=[ao])", "SH")),
    *(("ng(?=$|s$|th|')", "NG"), ("ng", "NG G"), ("n(?=k|x)", "NG"), ("mb$", "M"), ("mn$", "M"), ("bt$", "T")),
    *(("gg", "G"), ("^g(?=i[rf])", "G"), ("g(?=[eiy])", "JH"), ("gn$", "N"), ("g", "G")),
    *(("cc(?=[ei])", "K S"), ("sc(?=[eiy])", "S"), ("cc", "K"), ("c(?=[eiy])", "S"), ("c", "K"), ("x", "K S")),
    *(("ould", "UH D"), ("alk", "AO K"), ("all", "AO L"), ("alm", "AA M"), ("^al(?=[^aeiouy])", "AO L")),
    *(("ild$", "AY L D"), ("ind$", "AY N D"), ("ook", "UH K"), ("old", "OW L D")),
    *(("(?<=[td])ed$", "AH D"), ("(?<=[aeiouy][^aeiouy])ed$", "D"), ("(?<=[^aeiouy])ed$", "D")),
    *(("(?:(?<=[sxz])|(?<=[cs]h))es$", "AH Z"), ("(?<=[aeiouy][^aeiouy])es$", "Z"), ("(?<=[^aeiouy])le$", "AH L")),
    *(("a(?=[bcdfgklmnpstvz]e(?:$|s$|d$))", "EY"), ("i(?=[bcdfgklmnpstvz]e(?:$|s$|d$))", "AY")),
    *(("o(?=[bcdfgklmnpstvz]e(?:$|s$|d$))", "OW"), ("u(?=[bcdfgklmnpstvz]e(?:$|s$|d$))", "UW")),
    *(("are$", "EH R"), ("air", "EH R"), ("ear(?=[nlc])", "ER"), ("ear", "IH R"), ("eer", "IH R"), ("ere$", "IH R")),
    *(("ire$", "AY R"), ("ore$", "AO R"), ("ure$", "Y UW R"), ("our", "AO R"), ("oor", "AO R"), ("oar", "AO R")),
    *(("ai", "EY"), ("ay", "EY"), ("au", "AO"), ("aw", "AO"), ("ar", "AA R"), ("ea", "IY"), ("ee", "IY")),
    *(("ei", "EY"), ("ey$", "IY"), ("ey", "EY"), ("eu", "UW"), ("ew", "UW"), ("er", "ER"), ("ie$", "IY")),
    *(("ie", "IY"), ("ir", "ER"), ("oa", "OW"), ("oi", "OY"), ("oy", "OY"), ("oo", "UW"), ("or", "AO R")),
    *(("ous$", "AH S"), ("ou", "AW"), ("ow$", "OW"), ("ow", "AW"), ("ui", "UW"), ("ur", "ER"), ("ue", "UW")),
    *(("^y", "Y"), ("(?<=^[^aeiou])y$", "AY"), ("(?<=^[^aeiou][^aeiou])y$", "AY"), ("y$", "IY"), ("y", "IH")),
    *(("(?<=[aeiouy][^aeiouy])e$", ""), ("(?<=[^aeiouy][^aeiouy])e$", ""), ("(?<=[aeiouy])e$", "")),
    *(("o$", "OW"), ("i$", "IY"), ("a$", "AH"), ("e$", "IY")),
    *(("s(?=[aeiouy])(?<=[aeiouy]s)", "Z"), ("(?<=[bdgvmnlraeiouyw])s$", "Z")),
    *(("a", "AE"), ("e", "EH"), ("i", "IH"), ("o", "AA"), ("u", "AH"), ("b+", "B"), ("d+", "D"), ("f+", "F")),
    *(("h(?=[aeiouy])", "HH"), ("h", ""), ("j", "JH"), ("k+", "K"), ("l+", "L"), ("m+", "M"), ("n+", "N")),
    *(("p+", "P"), ("q", "K"), ("r+", "R"), ("s+", "S"), ("t+", "T"), ("v+", "V"), ("w", "W"), ("z+", "Z"), ("'", "")),
)
_RULE: Final = re.compile("|".join(f"({pattern})" for pattern, _ in _RULES))

_SOUNDS: Final = """P:lp- B:lp+ M:ln+ F:lf- V:lf+ W:lw+ TH:df- DH:df+ T:ap- D:ap+ N:an+ S:as- Z:as+ L:al+ R:rl+
SH:cs- ZH:cs+ CH:cp- JH:cp+ Y:cw+ K:kp- G:kp+ NG:kn+ HH:hf- IY:VI IH:VI EY:VE EH:VE AE:VE AH:VA AA:VA AY:VAVI AO:VO
OW:VO OY:VOVI UW:VU UH:VU AW:VAVU ER:VArl+"""
"""Place (lips, teeth, ridge), manner (plosive, nasal, fricative, sibilant, liquid, glide), voice; of vowels that they
are one, and where in the mouth."""
_FEATURES: Final = {sound: features for sound, _, features in (one.partition(":") for one in _SOUNDS.split())}


@lru_cache(maxsize=8192)
def sounds_of(word: str) -> tuple[str, ...]:
    """The sounds of a word, in the letters of the CMU dictionary; a word of other letters has none."""
    known = _KNOWN.get(word)
    if known is not None:
        return tuple(known.split())
    found: list[str] = []
    at = 0
    while at < len(word):
        match = _RULE.match(word, at)
        if match is None or match.lastindex is None:
            at += 1
            continue
        found += _RULES[match.lastindex - 1][1].split()
        at = max(match.end(), at + 1)
    return tuple(found)


@lru_cache(maxsize=8192)
def features_of(words: str) -> str:
    """What is compared: the features of all sounds, without the gaps between words."""
    return "".join(_FEATURES[sound] for word in words.lower().split() for sound in sounds_of(word))


def sound_likeness(one: str, other: str) -> float:
    """0 to 1: how alike two texts sound."""
    return float(Indel.normalized_similarity(features_of(one), features_of(other)))
