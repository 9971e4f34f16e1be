"""Which flow answers which number, in which version: a call takes the newest when it begins and keeps it."""

from ivr.flow.flow import Bundle


class Flows:
    """The project's `entry:` decides by the number that was dialled."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    @property
    def bundle(self) -> Bundle:
        return self._bundle

    def of_new_call(self, dialled: str) -> tuple[Bundle, str]:
        return self._bundle, self._bundle.entry_numbers.get(dialled, self._bundle.entry_default)
