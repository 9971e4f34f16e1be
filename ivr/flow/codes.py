"""Every code of the loader's messages: what it is called, why it matters, how it is put right, and an example.

IVR0xx YAML, 1xx structure, 2xx expressions, 3xx prompts and audio, 4xx carriers, 5xx secrets and privacy, 6xx
reachability. A code keeps its meaning for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    title: str
    why: str
    """For every message of this code: what a caller would notice."""
    fix: str
    example: str = ""


FAMILIES: Final[Mapping[str, str]] = {
    "0": "YAML",
    "1": "structure",
    "2": "expressions",
    "3": "prompts and audio",
    "4": "carriers",
    "5": "secrets and privacy",
    "6": "reachability",
}

CODES: Final[Mapping[str, Code]] = {
    "IVR001": Code(
        "This is not YAML",
        "nothing of this file can be read.",
        "Mind the indentation, close brackets and quotes, and quote sentences that have a colon or a comma.",
        'say: "One thing: please hold."',
    ),
    "IVR002": Code("A key stands twice", "only one of them could count.", "Take one of them out."),
    "IVR003": Code(
        "A key has no value", "nothing says what is meant.", "Write a value behind it, or take the key out."
    ),
    "IVR004": Code(
        "A comma ends a sentence",
        "the caller would hear only the first half.",
        "Inside { } and [ ] put quotes around every sentence that has a comma.",
        'say: {one_of: ["Good day, this is Harbour."]}',
    ),
    "IVR005": Code("A key is a list or mapping", "keys are names.", "Quote a text that begins with { or [."),
    "IVR006": Code(
        "Anchors, aliases and tags",
        "these files say everything where it stands.",
        "Quote a text that begins with &, * or !.",
    ),
    "IVR007": Code(
        "A waiver without a reason",
        "the next reader has to know why this was accepted.",
        "Write the reason behind the code.",
        "# ivr: ignore IVR310 our survey wants the long menu",
    ),
    "IVR008": Code(
        "A waiver that nothing needs",
        "the next mistake of this kind here would go by unseen.",
        "Take it out.",
    ),
    "IVR101": Code(
        "An unknown key or verb",
        "what it says would be left out without a word.",
        "Use the nearest known key, or take it out.",
    ),
    "IVR102": Code("Written in the wrong form", "this place takes something else.", "Write it as the message says."),
    "IVR103": Code(
        "A node that does not exist",
        "a caller sent there would have nowhere to go.",
        "Write the name of a node of this flow.",
        "goto: goodbye",
    ),
    "IVR104": Code("Something is missing", "without it this part cannot work.", "Add what the message names."),
    "IVR105": Code(
        "A value that does not fit", "it has no meaning here.", "Write it as the message shows.", "length: 8"
    ),
    "IVR106": Code(
        "Settings that do not go together", "one of them would do nothing.", "Take one out, or add what it needs."
    ),
    "IVR107": Code(
        "A name that cannot be used",
        "slots, vars and kept values share one space of names, and some words have a meaning of their own.",
        "Choose another name.",
    ),
    "IVR108": Code(
        "A result that nothing handles",
        "the caller would be left hanging when it happens.",
        "Route every result under on:.",
        "on: {ok: {goto: answer}, failed: {goto: person}}",
    ),
    "IVR109": Code("A result that never comes", "this way is never taken.", "Use one of the results it has."),
    "IVR110": Code("A name that nothing has", "there is nothing to use.", "Write the name of something declared."),
    "IVR111": Code("A flow not named as its file", "it could not be found by its name.", "Give both the same name."),
    "IVR112": Code(
        "A key that means two things",
        "the caller who presses it cannot know what happens.",
        "Choose another key, or switch the command off for this question.",
        "commands: {operator: no}",
    ),
    "IVR113": Code(
        "A back end that is not declared",
        "the address is unknown.",
        "Declare it in project.yaml.",
        "apis: {crm: {url: https://crm.example.com}}",
    ),
    "IVR114": Code(
        "A secret that is not declared",
        "the server would not look for it.",
        "List it in project.yaml.",
        "secrets: [CRM_TOKEN]",
    ),
    "IVR115": Code("A flow that does not exist", "calls could not be answered.", "Write the name of a flow file."),
    "IVR116": Code("A result that can never match", "results are tried in order.", "Put the narrower one first."),
    "IVR117": Code("A slot asked without a question", "the caller would hear nothing.", "Give the slot ask:."),
    "IVR118": Code(
        "Two questions of one name",
        "their tries and answers could not be told apart.",
        "Give the menu a name: of its own.",
    ),
    "IVR119": Code(
        "A flow used the wrong way",
        "the call would not know how to go on.",
        "A flow with outcomes: is run and returns; one without takes the call over by handoff:.",
        "outcomes: {verified: [account], not_verified: []}",
    ),
    "IVR123": Code(
        "Flows that run each other in a circle",
        "the call would go deeper and deeper and never come back.",
        "Leave one of them with goto: or return: instead.",
    ),
    "IVR124": Code(
        "A sub-flow with what belongs to the whole call",
        "it would never be used: while a sub-flow runs, that of the flow the call began with holds.",
        "Write it in the flows that run it, or in project.yaml for all of them.",
        "on_hangup: [{call: note_call}]",
    ),
    "IVR120": Code(
        "A change that nobody confirms",
        "a misheard word would change something for good.",
        "Add confirm_with: a yes_no slot, or unconfirmed: with the reason why it is harmless.",
        "confirm_with: sure",
    ),
    "IVR121": Code(
        "A tool that may change things",
        "what changes something is sent only once and has to be confirmed.",
        "Add changes_things: yes or no.",
    ),
    "IVR122": Code(
        "A change by a value that nobody confirms",
        "a misheard word would change the wrong thing.",
        "Have the value read back, or confirm the change right before it is sent.",
        "confirm: if spoken",
    ),
    "IVR160": Code(
        "Public holidays that are not known",
        "on those days callers would find the line open.",
        "Write the country, or the country and a part of it.",
        "holidays: US-NY",
    ),
    "IVR161": Code(
        "Hours that contradict each other",
        "nobody could say whether the place is open then.",
        "Give each day and each date its times once, in their order.",
        "mon-fri: [09:00-12:30, 13:30-18:00]",
    ),
    "IVR180": Code(
        "An agent answered by something else",
        "the test would show nothing of the talk with the model.",
        "Write what the model says, fills, calls, or which exit it takes; or down, or blocked.",
        "intake: [{say: How long has it lasted?, fill: {symptom: a cough}}, {exit: done}]",
    ),
    "IVR183": Code(
        "A test for an outcome that no call has",
        "the test would always fail.",
        "Write completed, transferred, caller_left, limit or error, or an outcome of the flow itself.",
        "end: completed",
    ),
    "IVR184": Code(
        "A test for an option that the slot does not have",
        "the test would always fail.",
        "Write the name of an option, not the words that callers say for it.",
        "slot: {reason: fault}",
    ),
    "IVR185": Code(
        "A test that goes on after the end",
        "nobody is on the line any more.",
        "Take the turn out, or the end before it.",
    ),
    "IVR140": Code(
        "A server of tools that is not declared",
        "its address is unknown.",
        "Declare it in project.yaml.",
        "mcp: {clinics: {url: https://clinics.example.com/mcp}}",
    ),
    "IVR141": Code(
        "A contact that does not exist",
        "nobody would get the message.",
        "Declare whom you mean under contacts: in project.yaml, or write caller.",
        'contacts: {desk: {sms: "+15550107799"}}',
    ),
    "IVR142": Code(
        "A look-up that says it changes things",
        "GET is asked again when its answer is late; a change would be made twice.",
        "Use POST, PUT, PATCH or DELETE for what changes something.",
        "http: POST crm/v1/notes",
    ),
    "IVR143": Code(
        "A step that makes no sense once the call is over",
        "nobody hears it, and nobody answers.",
        "After a call only post, text, page, call, if and set are of use.",
        'after_call: [{post: crm/v1/notes, body: {outcome: "{call.outcome}"}}]',
    ),
    "IVR144": Code(
        "A number in place of a name",
        "a number in a step is hard to find and to change, and a slip of it reaches a stranger.",
        "Give it a name under contacts: in project.yaml.",
        'contacts: {desk: {sms: "+15550107799"}}',
    ),
    "IVR150": Code(
        "An exit that leads nowhere",
        "a model that takes it would leave the caller in silence.",
        "Give it goto: a node, or do: with steps.",
        "exits: {done: {needs: [symptom], goto: decide}}",
    ),
    "IVR151": Code(
        "A sentence before an exit that is not there",
        "it would never be said.",
        "Name one of the exits of the same agent.",
        "always: [{say_exactly: If this gets worse hang up., before: done}]",
    ),
    "IVR152": Code(
        "An exit that nothing can reach",
        "it needs a value that nobody fills.",
        "Let the agent collect what its exits need.",
        "collect: [symptom, since]",
    ),
    "IVR153": Code(
        "A tool for a model that does not say what it takes",
        "a model can only give what it is told about, with its type.",
        "Add takes: to the tool.",
        "takes: {zip: {type: digits, length: 5}}",
    ),
    "IVR154": Code(
        "A secret that a model would hear",
        "card numbers and secrets never reach a model.",
        "Ask for it in a node of its own, by keys.",
        "ask: card",
    ),
    "IVR155": Code(
        "A change that a model can make by itself",
        "a model that misunderstands would change something for good.",
        "Add confirm_with: a yes_no slot; the engine asks it right before the change.",
        "confirm_with: sure",
    ),
    "IVR156": Code(
        "A change by a value that only the model knows",
        "the caller cannot agree to what is not said.",
        "Collect it in a slot, and say it in the question that confirms.",
    ),
    "IVR145": Code(
        "What a flow needs is not installed here",
        "calls of these tools would fail.",
        "Install it where the server runs.",
        "pip install 'ivr[mcp]'",
    ),
    "IVR162": Code(
        "Who has answered",
        "a call that we make would not know where to begin.",
        "Write answered_by: with person, and where you like machine, menu and fax.",
        "answered_by: {person: hello, machine: leave_word}",
    ),
    "IVR163": Code(
        "A table of numbers that cannot be used",
        "calls to these numbers would begin in the wrong flow.",
        "Write a .csv file whose first line is  number,flow  and whose lines have a value for each column.",
        "number,flow,shop",
    ),
    "IVR190": Code(
        "Known, but not in this version",
        "the language has it; this version cannot do it yet.",
        "Leave it out, or wait for the version that has it.",
    ),
    "IVR130": Code(
        "A list that cannot be chosen from",
        "there would be nothing to offer.",
        "Keep it from a tool as a list of records.",
        "keep: {free: {from: $.free, list_of: {time: time, table: text}}}",
    ),
    "IVR131": Code(
        "A value that an item has not",
        "the answer would stay empty.",
        "Name one of the values under list_of:.",
        "keep: item.time",
    ),
    "IVR132": Code(
        "Too many choices at a time",
        "callers remember three or four, and there are nine keys.",
        "Offer fewer; more: leads to the next.",
        "page: 3",
    ),
    "IVR133": Code(
        "A change that its summary does not read back",
        "the caller would agree to something that was not said.",
        "Name every answer that is sent in the summary.",
        'summary: "A table for {party} at {at as time}. Is that right?"',
    ),
    "IVR134": Code("A list inside a list", "it cannot be said or chosen from.", "Keep single values of each record."),
    "IVR135": Code(
        "A number beside a menu that will not work",
        "it could not be typed, or not be read back.",
        "Name a slot of type digits, and ask for it where it leads if it is read back.",
        "or: extension, or_goto: by_extension",
    ),
    "IVR136": Code(
        "A summary that leaves something out",
        "nobody can tell that an answer is wrong that is not said.",
        "Say every slot that is asked there.",
    ),
    "IVR137": Code(
        "A value read back twice",
        "callers hear it alone and in the summary.",
        "Leave it to the summary.",
    ),
    "IVR138": Code(
        "A tool that cannot test an answer",
        "every answer would be refused, or something changed.",
        "Name a look-up, and with ok: its result that lets an answer stand.",
        "check: {tool: find_code, ok: known, else: I don't know that code.}",
    ),
    "IVR201": Code(
        "A condition that cannot be read",
        "it decides where callers go.",
        "Mind brackets and quotes.",
        'reason is "bill"',
    ),
    "IVR202": Code("A value that cannot be", "no calendar or clock has it.", "Write 2026-12-24, 17:30 or 30 days."),
    "IVR203": Code(
        "A path outside when:", "there is no answer to look into.", "Keep the value: {name: $.path as text}."
    ),
    "IVR204": Code(
        "Two types that do not meet", "it would never be true.", "Compare values of one type.", "severity >= 7"
    ),
    "IVR205": Code("An operation that a type has not", "it has no meaning.", "Use one that the type has."),
    "IVR206": Code("An unknown name", "there is no such value.", "Use a declared name; text stands in quotes."),
    "IVR207": Code("An option that a choice has not", "it would never be true.", "Use one of its options."),
    "IVR208": Code("A field that cannot be read", "the caller would hear braces.", "Write {name} or {name as form}."),
    "IVR209": Code(
        "A form that does not fit", "the value cannot be said so.", "Use a form of its type.", "{balance as money}"
    ),
    "IVR210": Code(
        "A value that may be empty in a sentence",
        "the caller would hear a sentence with a hole.",
        "Give a text for that case, or ask for the value first.",
        "{first_name or 'there'}",
    ),
    "IVR211": Code(
        "A value that may be empty in a condition",
        "an empty value makes every comparison false.",
        "Test it first.",
        'reason is not empty and reason is "fault"',
    ),
    "IVR212": Code("A condition that is never true", "this way is never taken.", "Change it, or take the branch out."),
    "IVR213": Code(
        "An argument that may be empty", "the tool would be asked about nothing.", "Ask for it first, or test it."
    ),
    "IVR216": Code(
        "Hours that are not declared",
        "nobody could say when they are open.",
        "Declare them under hours: in project.yaml.",
        "hours: {office: {mon-fri: 08:00-18:00}}",
    ),
    "IVR217": Code(
        "A phone number without its country",
        "it would never be true: numbers are held with + and their country.",
        "Write + and the country first.",
        'call.from starts with "+64"',
    ),
    "IVR218": Code(
        "Keys alone, where there are none",
        "the question could never be answered.",
        "Take words too, or ask for something that has keys.",
        "accept: speech",
    ),
    "IVR304": Code("Speaking after the hang-up", "nobody hears it.", "Only tools and set make sense in on_hangup."),
    "IVR310": Code(
        "A prompt that is too long",
        "callers forget what they heard first.",
        "Split it, or move rare choices further back.",
    ),
    "IVR311": Code(
        "A number in a sentence", "when it changes, somebody has to find it.", "Keep it in vars: or a tool."
    ),
    "IVR312": Code(
        "Words that mean two things",
        "the caller who says them cannot know what happens.",
        "Give one of the two other words.",
        "hear: [my bill, balance]",
    ),
    "IVR313": Code(
        "An option that takes a command's words",
        "a caller who says them here means the command.",
        "Give the option other words, or switch the command off for this question.",
        "commands: {cancel: no}",
    ),
    "IVR401": Code(
        "A number that is none",
        "nobody could ever be reached there.",
        "Write + and the country, then all digits.",
        'targets: {care: {number: "+15550107788"}}',
    ),
    "IVR402": Code(
        "A number that costs whoever calls it",
        "each transfer would cost the company, and somebody else would earn by it.",
        "Write the attendants' own number.",
    ),
    "IVR403": Code(
        "A number in another country",
        "calls abroad are expensive, and a slip of the pen is enough for one.",
        "Allow the country if that is meant.",
        "dialling: {countries: [US, CA]}",
    ),
    "IVR404": Code(
        "A value that an address does not take",
        "the caller would be handed to nobody.",
        "Name in takes: what stands in braces in the address, and give it by with:.",
        'targets: {extension: {sip: "sip:{ext}@pbx.example.com", takes: {ext: {type: digits, length: 4}}}}',
    ),
    "IVR405": Code(
        "A transfer to what is no target",
        "callers are only ever handed to whom the project names.",
        "Use a slot of type target with the names of targets as its options.",
        'transfer: "{partner}"',
    ),
    "IVR406": Code(
        "A setting that does nothing in this transfer",
        "the caller, or the attendant, would never hear it.",
        "Write mode: warm, or take it out.",
        "transfer: care",
    ),
    "IVR407": Code(
        "Data that do not travel",
        "the attendant would not get them.",
        "Whisper them, or hand over to a SIP address.",
    ),
    "IVR408": Code(
        "A message whose words go to nobody",
        "writing them down takes time for nothing.",
        "Add send_to:, or take transcript: out.",
    ),
    "IVR409": Code(
        "A message that no silence can end",
        "it would always run to its full length.",
        "Make max: longer than the silence.",
        "max: 2m",
    ),
    "IVR320": Code(
        "A question without keys, in a language that is not understood",
        "callers who chose that language could not answer.",
        "Give its options keys, or ask in another way.",
    ),
    "IVR321": Code(
        "A translation that is missing",
        "callers would hear two languages in one call.",
        "Run  ivr fmt --language es-US  and fill in what it adds.",
        "- {text: Good day., is: Buenos días.}",
    ),
    "IVR322": Code("A translation of nothing", "it is never said.", "Take it out, or put the original right."),
    "IVR323": Code(
        "A translation with other fields",
        "callers in that language would hear something else.",
        "Use the fields that the original has.",
    ),
    "IVR324": Code(
        "A language without a voice",
        "callers would hear it in the voice of another language.",
        "Record its prompts, or use engines that speak it.",
    ),
    "IVR325": Code(
        "A recorded prompt that cannot be played",
        "callers would hear the voice instead.",
        "Put the file into the sounds folder, as WAV.",
        "say: {sound: welcome, text: Welcome to Harbour.}",
    ),
    "IVR503": Code(
        "A private value said aloud",
        "whoever stands by hears it.",
        "Say it in a form that shows it is meant.",
        "{account as last 4}",
    ),
    "IVR504": Code("A secret on the wrong way", "it would be readable on its way.", "Send it in the body, over https."),
    "IVR510": Code(
        "A key written into the file",
        "whoever reads the flow could use it, and it cannot be changed without a new version.",
        "List it under secrets: and name it in auth:.",
        "auth: {header: X-Key, secret: CRM_KEY}",
    ),
    "IVR505": Code(
        "A private value copied into an open one",
        "it would stand unmasked in transcripts and logs.",
        "Copy it into a slot of the same privacy.",
        "private: pii",
    ),
    "IVR601": Code("A node nobody reaches", "what it says is never heard.", "Lead to it, or take it out."),
    "IVR602": Code(
        "A way of the project that this flow has not",
        "the command or rung does nothing in this flow.",
        "Give the flow, or the project, a node of that name.",
    ),
    "IVR611": Code(
        "Called without what it needs",
        "it would not be called: the caller gets the way of failed.",
        "Run the flow that grants it on every way to this step, or test it with if: first.",
        "if: known_caller",
    ),
    "IVR612": Code(
        "Needed, and never granted",
        "it would never be called.",
        "Write grant: where it is found out.",
        "grant: known_caller for account",
    ),
    "IVR613": Code(
        "An output that may be empty",
        "the flow that runs this one counts on it.",
        "Fill it on every way to this return:, or leave it out of this outcome.",
    ),
    "IVR603": Code("A node that leads nowhere", "the caller would hear nothing more.", "End it with goto: or end:."),
    "IVR604": Code("A ladder that never leaves", "the caller would be asked for ever.", "End it with goto: or end:."),
    "IVR605": Code("A loop without the caller", "it would go round for ever.", "Ask something on the way."),
    "IVR606": Code("A step that is never reached", "what it says is never heard.", "Take it out, or move it up."),
    "IVR607": Code(
        "No way to a person",
        "a caller whom the flow cannot help can only hang up.",
        "Give the flow a node with transfer:, and lead the command operator to it.",
        "commands: {operator: {goto: person}}",
    ),
    "IVR608": Code(
        "An end that no test reaches",
        "nobody would notice when a change breaks the way to it.",
        "Write a test whose caller gets there.",
        "talk: [{asks: reason}, {caller: a person please, transfer: care}]",
    ),
}


WARNINGS: Final = frozenset(
    {
        "IVR008",
        "IVR116",
        "IVR122",
        "IVR145",
        "IVR155",
        "IVR212",
        "IVR310",
        "IVR320",
        "IVR322",
        "IVR324",
        "IVR311",
        "IVR313",
        "IVR407",
        "IVR408",
        "IVR601",
        "IVR602",
        "IVR605",
        "IVR606",
        "IVR607",
        "IVR608",
    }
)
"""Codes whose messages are, or may be, warnings. All others are errors, which nobody can waive."""


def help_page(code: str) -> str | None:
    """The page of a code; None if there is no such code."""
    found = CODES.get(code.upper())
    if found is None:
        return None
    lines = [f"{code.upper()}  {found.title} ({FAMILIES[code[3]]})", "", f"Why: {found.why}", f"Fix: {found.fix}"]
    if found.example:
        lines += ["", f"    {found.example}"]
    if code.upper() in WARNINGS:
        lines += ["", f"A warning is accepted in the file:  # ivr: ignore {code.upper()} REASON"]
    return "\n".join(lines)
