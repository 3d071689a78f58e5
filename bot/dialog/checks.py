"""What must be true of a dialog before it talks to anybody: checked at start and by a test."""

import re
import sys
from collections.abc import Iterator

from bot.dialog.dialog import RESUME, Dialog
from bot.dialog.edges import edges, is_chat
from bot.dialog.source import Offer, source_of
from bot.dialog.step import Step
from bot.language import DEFAULT, LANGUAGES
from bot.language.catalogue import catalogue
from services.ground.facts import Fact

TAG = re.compile(r"[a-z]+\.[a-z][a-z-]*")
LONGEST_TAG = 64  # characters of sessions.current_step
LONGEST = {"button": 20, "row": 24}  # characters of a label (WhatsApp's buttons and list rows)
WIDEST = 999  # stands for a number in a label


class BadDialog(Exception):
    """The dialog cannot be used; str(e) has a line for each thing that is wrong."""


def check(dialog: Dialog) -> None:
    """Raises BadDialog."""
    if found := problems(dialog):
        raise BadDialog("\n".join(found))


def problems(dialog: Dialog) -> list[str]:
    """Everything wrong with a dialog, a sentence each; empty when all is well."""
    return [*_steps(dialog), *_ways(dialog), *_facts(dialog), *_actions(dialog), *_labels()]


def _steps(dialog: Dialog) -> Iterator[str]:
    tags = [cls.tag for cls in dialog.steps]
    names = [cls.__name__ for cls in dialog.steps]
    for tag in sorted({tag for tag in tags if tags.count(tag) > 1}):
        yield f"two steps have the tag {tag}"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two steps are called {name}"
    for cls in dialog.steps:
        if not TAG.fullmatch(cls.tag) or len(cls.tag) > LONGEST_TAG:
            yield f"{cls.__name__} has a tag that is not service.question: {cls.tag}"
        for method in ("ask", "answer"):
            if getattr(cls, method) is getattr(Step, method):
                yield f"{cls.__name__} has no {method}"
    if type(dialog.home) not in dialog.steps:
        yield "the home step is not listed"


def _ways(dialog: Dialog) -> Iterator[str]:
    found = edges(dialog)
    for name in sorted(found.unknown):
        yield f"{name} is gone to, but not listed"
    unreached = {cls.tag for cls in dialog.steps} - found.reachable(dialog.home.tag)
    for tag in sorted(unreached):
        yield f"nothing leads to {tag}"


def _facts(dialog: Dialog) -> Iterator[str]:
    known = set(dialog.notices)
    for fact in sorted(_kinds(Fact) - known, key=lambda kind: kind.__name__):
        yield f"{fact.__name__} is announced, and nothing says it"
    tags = [fact.tag for fact in known]
    for tag in sorted({tag for tag in tags if tags.count(tag) > 1}):
        yield f"two facts have the tag {tag}"


def _kinds(kind: type[Fact]) -> set[type[Fact]]:
    """The facts that can happen: those with a tag of their own, of the services."""
    below = {found for child in kind.__subclasses__() for found in _kinds(child)}
    tagged = "tag" in vars(kind) and kind.__module__.startswith("services.")
    return below | ({kind} if tagged else set())


def _actions(dialog: Dialog) -> Iterator[str]:
    known = {*dialog.actions, RESUME}
    for tag, is_whole in sorted(_offered(dialog)):
        if not any(one == tag if is_whole else one.startswith(tag) for one in known):
            yield f"a button offers the action {tag}, which nobody does"


def _offered(dialog: Dialog) -> set[Offer]:
    modules = [module for name, module in sys.modules.items() if is_chat(name, dialog)]
    return {offer for module in modules for offer in source_of(module).offers}


def _labels() -> Iterator[str]:
    """Every label in every language; a catalogue has the source's own beside its own."""
    for language in LANGUAGES:
        if language == DEFAULT:
            continue
        for message in catalogue(language):
            if message.context not in LONGEST:
                continue
            for spoken, label in ((DEFAULT, message.id), (language, message.string)):
                if _length(str(label)) > LONGEST[message.context]:
                    yield f"the {message.context} “{label}” ({spoken}) is too long"


def _length(label: str) -> int:
    return len(re.sub(r"\{\w+\}", str(WIDEST), label))
