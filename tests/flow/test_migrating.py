"""Files of an older version of the language become the newest, and lose nothing on the way."""

from ruamel.yaml.comments import CommentedMap

from ivr.flow.messages import Message
from ivr.flow.migrating import NEWEST, REWRITES, Migrated, migrate_text

OLD = """\
# Harbour's line. Ask Ana before you change it.
schema: callflow/1   # since spring
flow: line
slots:
  account: {type: digits, length: 8, question: "What's your number, please?"}   # on the bill
  born:
    type: date
    # said slowly
    question: When were you born?
  code: {type: digits, length: 4, question: 0012}
nodes:
  # the first
  first:
    - say: yes
    - {if: account is "12345678", then: {goto: bye}, else: {goto: bye}}   # a test
  bye: [{end: "no: not now"}]
"""
NEW = OLD.replace("callflow/1", "callflow/3").replace("question:", "ask:").replace("bye:", "over:")
NEW = NEW.replace('please?"}   #', 'please?"}        #')  # it stays in its column


def _ask(document: CommentedMap) -> None:
    for slot in document["slots"].values():
        slot.insert(list(slot).index("question"), "ask", slot["question"])
        del slot["question"]


def _over(document: CommentedMap) -> None:
    nodes = document["nodes"]
    nodes.insert(list(nodes).index("bye"), "over", nodes.pop("bye"))


STEPS = {("callflow", 1): _ask, ("callflow", 2): _over}


def refused(text: str, newest: int = 1) -> Message:
    made = migrate_text(text, "line.flow.yaml", STEPS, {"callflow": newest, "callscript": 1})
    assert isinstance(made, Message)
    return made


def test_two_versions_behind_takes_both_rewrites_and_keeps_comments_quotes_and_words() -> None:
    assert migrate_text(OLD, "line.flow.yaml", STEPS, {"callflow": 3}) == Migrated("callflow", 1, 3, NEW)


def test_a_file_at_the_newest_version_stays_as_it_is_to_the_letter() -> None:
    untidy = OLD + "\n\n  # at the end"
    assert migrate_text(untidy, "line.flow.yaml", STEPS, {"callflow": 1}) == Migrated("callflow", 1, 1, untidy)


def test_a_newer_file_is_refused_at_the_word_that_says_so() -> None:
    told = refused(OLD.replace("callflow/1", "callflow/12"))
    assert (told.code, str(told.place), told.width) == ("IVR105", "line.flow.yaml:2:9", 11)
    assert "callflow/12" in told.text and "callflow/1." in told.text and told.fix.startswith("Update ivr")


def test_what_ivr_never_read_gets_the_nearest_kind() -> None:
    assert "schema: callflow/1" in refused(OLD.replace("callflow/1", "calflow/1")).fix
    assert "schema: callscript/1" in refused("schema: callscripts\n").fix
    assert refused(OLD.replace("callflow/1", "callflow/0")).code == "IVR105"
    assert refused("flow: line\n").code == "IVR104"


def test_a_gap_between_the_versions_is_told_with_the_way_around_it() -> None:
    told = refused(OLD, newest=4)
    assert "callflow/3 to callflow/4" in told.text and "callflow/4 with the version before" in told.fix


def test_a_rewrite_that_drops_a_comment_is_not_used() -> None:
    def forgets(document: CommentedMap) -> None:
        del document["slots"]["born"]

    told = migrate_text(OLD, "line.flow.yaml", {("callflow", 1): forgets}, {"callflow": 2})
    assert isinstance(told, Message) and "comment" in told.text


def test_yaml_that_cannot_be_read_is_told_as_the_check_tells_it() -> None:
    assert refused("schema: callflow/1\nslots: [\n").code.startswith("IVR00")


def test_every_version_on_the_way_to_the_newest_has_its_rewrite() -> None:
    assert set(REWRITES) == {(kind, was) for kind, newest in NEWEST.items() for was in range(1, newest)}
