"""What is said the first, second and third time, and how it ends."""

from tests.flow.language.trial import PROJECT, fine, only, plays, told

LADDER = """
trouble:
  no_input: [{say: "Silent one. {question}"}, {say: "Silent two. {keypad_hint} {question}"}, {goto: person}]
  no_match: [{say: "Wrong one. {question}"}, {say: "Wrong two. {hint} {question}"}, {goto: person}]
  invalid: [{say: "{why} {question}"}, {say: "{why} {hint} {question}"}, {goto: person}]
"""
FLOW = """
slots: {n: {type: number, from: 1, to: 9, ask: How many?, hint: A small number., SETTING}}
nodes:
  first: [{ask: n}, {end: Goodbye.}]
  person: [{end: A person.}]
"""


def flow(setting: str = "keypad_hint: Type it.", ladder: str = LADDER) -> str:
    return ladder + FLOW.replace("SETTING", setting)


def test_three_rungs_of_each_kind() -> None:
    plays(
        flow(),
        """
        - {asks: n}
        - {silence: yes, says: Silent one. How many}
        - {silence: yes, says: Silent two. Type it. How many}
        - {silence: yes, says: A person, end: completed}
        """,
    )
    plays(
        flow(),
        """
        - {asks: n}
        - {caller: the weather, says: Wrong one. How many}
        - {caller: the weather, says: Wrong two. A small number. How many}
        - {caller: the weather, says: A person, end: completed}
        """,
    )
    plays(
        flow(),
        """
        - {asks: n}
        - {caller: twenty, says: more than nine. How many}
        - {caller: twenty, says: more than nine. A small number. How many}
        - {caller: twenty, says: A person, end: completed}
        """,
    )


def test_counts_are_kept_per_kind_and_visit() -> None:
    plays(
        flow(),
        """
        - {asks: n}
        - {silence: yes, says: Silent one}
        - {caller: the weather, says: Wrong one}
        - {silence: yes, says: Silent two}
        """,
    )


def test_tries_per_question_caps_all_kinds_with_the_last_rung_of_the_kind_that_just_happened() -> None:
    plays(
        "limits: {tries_per_question: 3}\n" + flow(),
        "- {asks: n}\n- {silence: yes}\n- {caller: the weather}\n- {caller: twenty, says: A person, end: completed}",
    )


def test_the_innermost_rung_counts_and_outer_ones_stand_behind_it() -> None:
    node = flow().replace(
        "  first: [{ask: n}", "  first:\n    trouble: {no_match: [{say: Node one. {question}}]}\n    do: [{ask: n}"
    )
    node = node.replace("{say: Node one. {question}}", '{say: "Node one. {question}"}')
    plays(node, "- {asks: n}\n- {caller: the weather, says: Node one}\n- {caller: the weather, says: Wrong two}")
    own = node.replace("keypad_hint: Type it.", 'trouble: {no_match: {say: "Own one. {question}"}}')
    plays(
        own,
        "- {asks: n}\n"
        "- {caller: the weather, says: Own one, never_says: Node one}\n"
        "- {caller: the weather, says: Wrong two}",
    )


def test_a_list_whose_last_rung_leaves_is_complete() -> None:
    own = flow('trouble: {no_match: [{say: "Own one. {question}"}, {end: That is all.}]}')
    plays(
        own,
        "- {asks: n}\n"
        "- {caller: the weather, says: Own one}\n"
        "- {caller: the weather, says: That is all, end: completed}",
    )


def test_the_projects_ladder_stands_behind_the_flows() -> None:
    ladder = 'trouble: {no_match: [{say: "Mine. {question}"}]}\n'
    project = PROJECT + LADDER.lstrip()
    plays(
        flow("confirm: never", ladder),
        "- {asks: n}\n"
        "- {caller: the weather, says: Mine}\n"
        "- {caller: the weather, says: Wrong two}\n"
        "- {caller: the weather, says: A person, end: completed}",
        project=project,
    )


def test_the_last_rung_must_leave() -> None:
    found = only(
        flow().replace(
            '{say: "Wrong two. {hint} {question}"}, {goto: person}]', '{say: "Wrong two."}, {say: "Wrong three."}]'
        ),
        "IVR604",
    )
    assert "for ever" in found


def test_a_rung_may_do_several_things() -> None:
    own = flow('trouble: {no_match: [[{say: Sorry.}, {say: "Again: {question}"}]]}')
    plays(own, "- {asks: n}\n- {caller: the weather, says: Sorry. Again. How many, asks: n}")


def test_a_new_visit_counts_anew() -> None:
    again = """
        slots: {n: {type: number, ask: How many?}}
        nodes:
          first: [{ask: n}, {forget: n}, {goto: first}]
        """
    plays(
        LADDER.lstrip()
        + "nodes_\n".replace("nodes_\n", "")
        + FLOW.replace("SETTING", "confirm: never").replace("{end: Goodbye.}", "{forget: n}, {goto: first}"),
        "- {asks: n}\n- {silence: yes, says: Silent one}\n- {caller: two, asks: n}\n- {silence: yes, says: Silent one}",
    )
    fine(again)


def test_hints_are_made_from_the_type_or_the_keys() -> None:
    made = (
        LADDER
        + """
slots: {c: {type: choice, options: {a: {hear: [apples], key: "1"}, b: {hear: [pears], key: "2"}}, ask: Which?}}
nodes: {first: [{ask: c}, {end: Goodbye.}], person: [{end: A person.}]}
"""
    )
    plays(made, "- {asks: c}\n- {silence: yes}\n- {silence: yes, says: Press 1 for apples or 2 for pears}")


def test_silence_is_counted_from_when_the_prompt_was_heard() -> None:
    plays(
        flow("answer_within: 3s"),
        "- {asks: n}\n- {silence: 2s, asks: n, never_says: Silent}\n- {silence: 2s, says: Silent one}",
    )


def test_why_without_an_else_is_the_words_files_sentence() -> None:
    ruled = flow("must: {be: n < 5}")
    plays(ruled, "- {asks: n}\n- {caller: seven, says: isn't possible. How many}")


def test_menus_have_all_of_it() -> None:
    menu = """
nodes:
  first:
    - menu: Apples or pears?
      name: fruit
      hint: Say one of them.
      keypad_hint: Press one or two.
      answer_within: 2s
      trouble: {no_match: [{say: "Own. {hint} {question}"}]}
      options: {a: {hear: [apples], key: "1", goto: bye}, b: {hear: [pears], do: [{say: Pears.}, {goto: bye}]}}
  bye: [{end: Goodbye.}]
  person: [{end: A person.}]
"""
    plays(
        LADDER + menu.lstrip(),
        "- {asks: fruit}\n"
        "- {caller: the weather, says: Own. Say one of them. Apples or pears, asks: first}\n"
        "- {silence: yes}\n"
        "- {silence: yes, says: Press one or two}\n"
        "- {caller: pears, says: Pears. Goodbye, end: completed}",
    )


def test_one_unnamed_menu_a_node() -> None:
    two = """
nodes:
  first:
    - {menu: One?, options: {a: {hear: [yes], say: yes, do: {say: Good.}}}}
    - {menu: Two?, options: {b: {hear: [no], goto: bye}}}
  bye: [{end: Goodbye.}]
"""
    assert told(two)[0].startswith("IVR118 <menu>"), told(two)
    fine(two.replace("menu: Two?", "menu: Two?, name: second"))
