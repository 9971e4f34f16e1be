from ivr.breaker import Breaker


def failing(breaker: Breaker, *at_ms: int) -> None:
    for now_ms in at_ms:
        breaker.failed(now_ms)


def test_five_failures_in_ten_seconds_open_it() -> None:
    breaker = Breaker()
    failing(breaker, 0, 1000, 2000, 3000)
    assert breaker.lets_through(3500)
    breaker.failed(4000)
    assert not breaker.lets_through(4001)


def test_failures_far_apart_do_not() -> None:
    breaker = Breaker()
    failing(breaker, 0, 3000, 6000, 9000, 12_000, 15_000)
    assert breaker.lets_through(15_001)


def test_a_success_in_between_does_not_let_it_open() -> None:
    breaker = Breaker()
    failing(breaker, 0, 1, 2, 3)
    breaker.succeeded()
    breaker.failed(4)
    assert breaker.lets_through(5)


def test_after_a_rest_one_probe_goes_out_at_a_time() -> None:
    breaker = Breaker()
    failing(breaker, 0, 0, 0, 0, 0)
    assert not breaker.lets_through(4999)
    assert breaker.lets_through(5000)
    assert not breaker.lets_through(5001)
    breaker.failed(5100)
    assert not breaker.lets_through(10_099)
    assert breaker.lets_through(10_100)
    breaker.succeeded()
    assert breaker.lets_through(10_101)
    assert breaker.lets_through(10_102)


def test_a_probe_that_never_answered_does_not_close_the_way_for_ever() -> None:
    breaker = Breaker()
    failing(breaker, 0, 0, 0, 0, 0)
    assert breaker.lets_through(5000)
    assert breaker.lets_through(10_000)
