"""Message templates: the ones this account has, whether a send fits one, and the words it
becomes.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.simulator.config import TemplateSeed
from bot.simulator.graph_error import GraphError
from bot.simulator.limit_rules import missing
from bot.simulator.shapes import Object, items, obj, objects, text

_SLOT = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FORBIDDEN_IN_PARAMETER = re.compile(r"[\n\t]| {5,}")


@dataclass(frozen=True)
class Template:
    """An approved template with the components it was created with."""

    name: str
    language: str
    category: str
    components: tuple[Object, ...]

    @property
    def id(self) -> str:
        return str(10**15 + zlib.crc32(f"{self.name}/{self.language}".encode()))

    def component(self, kind: str) -> Object:
        found = (each for each in self.components if text(each.get("type")).upper() == kind)
        return next(found, {})

    def shown(self) -> Object:
        """The template as the Graph API lists it."""
        return {
            "name": self.name,
            "language": self.language,
            "status": "APPROVED",
            "category": self.category,
            "id": self.id,
            "components": list(self.components),
        }


class Templates:
    """All templates of the account, by name and language."""

    def __init__(self, seeds: Iterable[TemplateSeed] = ()) -> None:
        self._all: dict[tuple[str, str], Template] = {}
        for seed in seeds:
            self.put(_from_seed(seed))

    def __iter__(self) -> Iterator[Template]:
        return iter(self._all.values())

    def put(self, template: Template) -> None:
        self._all[template.name, template.language] = template

    def remove(self, name: str) -> bool:
        """Forget a template in all its languages; answers whether there was one."""
        keys = [key for key in self._all if key[0] == name]
        for key in keys:
            del self._all[key]
        return bool(keys)

    def check(self, template: Object) -> None:
        """Refuse a send that fits no template: 132001 unknown, 132000 wrong number of
        parameters.
        """
        known = self._find(template)
        for kind in ("HEADER", "BODY"):
            given = _parameters(template, kind)
            wanted = len(set(_SLOT.findall(text(known.component(kind).get("text")))))
            media = kind == "HEADER" and text(known.component(kind).get("format")) != "TEXT"
            if not media and len(given) != wanted:
                details = (
                    f"{kind.lower()}: number of localizable_params ({len(given)}) does not match "
                )
                raise GraphError(132000, details + f"the expected number of params ({wanted})")
            for parameter in given:
                if _FORBIDDEN_IN_PARAMETER.search(text(parameter.get("text"))):
                    words = "Param text cannot have new-line/tab characters or more than 4 spaces"
                    raise GraphError(132012, words)

    def words(self, template: Object) -> Object:
        """What the phone shows of a template send: header, text, footer, and its quick replies
        as choices.
        """
        known = self._all.get(_key(template))
        if known is None:
            return {"text": text(template.get("name")), "choices": []}
        shown: Object = {
            "text": _filled(known.component("BODY"), _parameters(template, "BODY")),
            "choices": _choices(known, template),
        }
        if link := _link(known, template):
            shown["link"] = link
        if header := _filled(known.component("HEADER"), _parameters(template, "HEADER")):
            shown["header"] = header
        if footer := text(known.component("FOOTER").get("text")):
            shown["footer"] = footer
        return shown

    def _find(self, template: Object) -> Template:
        name, language = _key(template)
        known = self._all.get((name, language))
        if known is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {language}")
        return known


def template_from(body: Object) -> Template:
    """A template as POST …/message_templates creates it; raises GraphError for a missing part."""
    for name in ("name", "language", "category"):
        if not text(body.get(name)):
            raise missing(name)
    if not re.fullmatch(r"[a-z0-9_]{1,512}", text(body["name"])):
        raise GraphError(
            100, "Template name may hold lowercase letters, digits and underscores only."
        )
    components = tuple(objects(body.get("components")))
    template = Template(
        text(body["name"]), text(body["language"]), text(body["category"]).upper(), components
    )
    if not text(template.component("BODY").get("text")):
        raise missing("components['BODY']['text']")
    return template


def _from_seed(seed: TemplateSeed) -> Template:
    components: list[Object] = [{"type": "BODY", "text": seed.body}]
    if seed.buttons:
        buttons = [{"type": "QUICK_REPLY", "text": label} for label in seed.buttons]
        components.append({"type": "BUTTONS", "buttons": buttons})
    return Template(seed.name, seed.language, seed.category, tuple(components))


def _key(template: Object) -> tuple[str, str]:
    return text(template.get("name")), text(obj(template.get("language")).get("code"))


def _parameters(template: Object, kind: str) -> list[Object]:
    for component in objects(template.get("components")):
        if text(component.get("type")).upper() == kind:
            return objects(component.get("parameters"))
    return []


def _filled(component: Object, parameters: list[Object]) -> str:
    named = {text(each.get("parameter_name")): text(each.get("text")) for each in parameters}
    numbered = {str(n): _parameter_words(each) for n, each in enumerate(parameters, start=1)}
    values = numbered | named
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), text(component.get("text")))


def _parameter_words(parameter: Object) -> str:
    if words := text(parameter.get("text")):
        return words
    shaped = obj(parameter.get(text(parameter.get("type"))))
    return text(shaped.get("fallback_value"))


def _link(known: Template, template: Object) -> Object | None:
    """The first web button, its one slot filled in."""
    for index, button in enumerate(objects(known.component("BUTTONS").get("buttons"))):
        if text(button.get("type")).upper() == "URL":
            end = text(_button_parameter(template, index).get("text"))
            start, slot, _ = text(button.get("url")).partition("{{")
            return {"label": button.get("text"), "url": start + end if slot else start}
    return None


def _choices(known: Template, template: Object) -> list[Object]:
    buttons = objects(known.component("BUTTONS").get("buttons"))
    return [
        {"id": _button_parameter(template, index).get("payload") or label, "label": label}
        for index, label in enumerate(text(button.get("text")) for button in buttons)
        if text(buttons[index].get("type")).upper() == "QUICK_REPLY"
    ]


def _button_parameter(template: Object, index: int) -> Object:
    for component in objects(template.get("components")):
        is_button = text(component.get("type")).lower() == "button"
        if is_button and str(component.get("index", "0")) == str(index):
            return obj(next(iter(items(component.get("parameters"))), None))
    return {}
