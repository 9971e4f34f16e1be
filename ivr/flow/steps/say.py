"""`say:` speaks."""

from ivr.flow.flow import Say
from ivr.flow.steps import offered
from ivr.flow.steps import path as paths
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.work import Work


def run(work: Work, step: Say) -> None:
    again = paths.is_aside(work.path)
    said = offered.each_phrase(work, step.each) if step.each is not None else prompt_phrase(work, step.prompt)
    work.say(said, work.interrupt(own=step.interrupt), again=again, after_tone=step.after_tone)
    work.next()
