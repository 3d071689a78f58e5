"""Where a conversation can go, read from the steps' own source.

What a step's methods construct, or what the functions they call (of any chat module)
construct, is where it may lead. Nothing runs for this: the source is parsed.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType

from bot.dialog.dialog import Dialog
from bot.dialog.source import Use, source_of
from bot.dialog.step import Step

METHODS = ("answer", "hear", "reopen")


@dataclass(frozen=True)
class Edges:
    """`leads` has, for each tag, the tags it may lead to; `starts` what anything may lead to."""

    leads: Mapping[str, frozenset[str]]
    starts: frozenset[str]
    unknown: frozenset[str] = field(default=frozenset())  # steps constructed but not listed

    def reachable(self, home: str) -> frozenset[str]:
        """Every tag that can be come to from home or by words, buttons and facts anywhere."""
        found: set[str] = set()
        waiting = {home, *self.starts}
        while waiting:
            tag = waiting.pop()
            found.add(tag)
            waiting |= self.leads.get(tag, frozenset()) - found
        return frozenset(found)


def edges(dialog: Dialog) -> Edges:
    """The edges of a dialog."""
    return _Reader(dialog).edges()


class _Reader:
    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self._listed = {cls.__name__: cls.tag for cls in dialog.steps}
        self._seen: dict[tuple[str, str], frozenset[str]] = {}

    def edges(self) -> Edges:
        leads = {cls.tag: self._known(self._step(cls)) for cls in self._dialog.steps}
        starts = self._known(self._functions(self._anywhere()))
        return Edges(leads, starts, frozenset(self._strangers))

    def _anywhere(self) -> Iterator[object]:
        """The functions that may take a person somewhere from every step."""
        dialog = self._dialog
        yield from (*dialog.shortcuts, *dialog.routes)
        yield from (*dialog.actions.values(), *dialog.asides.values(), *dialog.notices.values())
        yield dialog.commands

    def _step(self, cls: type[Step]) -> frozenset[str]:
        """Where its own methods lead; to itself where it pages, by its name or `model_copy`."""
        module = sys.modules[cls.__module__]
        written = source_of(module).classes[cls.__name__]
        names: set[str] = set()
        for method, uses in written.methods.items():
            if method in METHODS or method.startswith("_"):
                names |= self._names(uses, module)
        named = {name for use in written.uses for name in use}
        again = {cls.__name__} if {"model_copy", cls.__name__} & named else set()
        return frozenset(names - {cls.__name__} | again)

    def _functions(self, functions: Iterator[object]) -> frozenset[str]:
        found: set[str] = set()
        for function in functions:
            if inspect.isfunction(function):
                module = sys.modules[function.__module__]
                found |= self._function(function.__name__, module)
        return frozenset(found)

    def _function(self, name: str, module: ModuleType) -> frozenset[str]:
        """The step classes a function of a module constructs, with what it calls."""
        key = (module.__name__, name)
        if key not in self._seen:
            self._seen[key] = frozenset()  # functions may call each other in a circle
            uses = source_of(module).functions.get(name, frozenset())
            self._seen[key] = self._names(uses, module)
        return self._seen[key]

    def _names(self, uses: frozenset[Use], module: ModuleType) -> frozenset[str]:
        found: set[str] = set()
        for name, taken in uses:
            if not taken:
                found |= self._meant(name, module)
            elif isinstance(inner := getattr(module, name, None), ModuleType):
                found |= self._meant(taken, inner)
        return frozenset(found)

    def _meant(self, name: str, module: ModuleType) -> frozenset[str]:
        meant = getattr(module, name, None)
        if isinstance(meant, type) and issubclass(meant, Step) and meant is not Step:
            return frozenset({name})
        if inspect.isfunction(meant) and is_chat(meant.__module__, self._dialog):
            return self._function(meant.__name__, sys.modules[meant.__module__])
        if isinstance(meant, dict):  # a table of functions
            return self._functions(iter(meant.values()))
        return frozenset({"Done"} if name == "Done" else ())

    def _known(self, names: frozenset[str]) -> frozenset[str]:
        home = self._dialog.home.tag
        return frozenset(
            self._listed[name] if name != "Done" else home
            for name in names
            if name == "Done" or name in self._listed
        )

    @cached_property
    def _strangers(self) -> set[str]:
        made = set().union(*(self._step(cls) for cls in self._dialog.steps))
        made |= self._functions(self._anywhere())
        return made - set(self._listed) - {"Done"}


def is_chat(module: str, dialog: Dialog) -> bool:
    """Whether a module is among the conversations: under the package the home step is in."""
    package = type(dialog.home).__module__.rsplit(".", 1)[0]
    return module == package or module.startswith(f"{package}.")
