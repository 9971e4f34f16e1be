"""Made-up flows and callers: whatever is written and whatever happens, what must hold does (see bench.random_flows)."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.random_flows import EVENTS, Wanderer, make


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_a_made_up_flow_holds_whatever_its_callers_do(seed: int) -> None:
    chance = random.Random(seed)
    _, bundle, mistakes = make(chance)
    if bundle is None:
        assert {message.code for message in mistakes} <= {"IVR605"}, "only a circle without a question is refused"
        return
    Wanderer(bundle, chance).wander(EVENTS)


def test_most_of_what_is_made_up_can_be_answered_by_telephone() -> None:
    loaded = [make(random.Random(seed))[1] is not None for seed in range(40)]
    assert sum(loaded) > 30
