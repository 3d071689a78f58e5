"""Approved templates: the only thing that may be sent outside the 24-hour window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.address import Address
from bot.channels.cloud_out import enveloped, source
from bot.channels.lengths import clip
from bot.dialog.reply import Media

_PARAMETER = 1024
_BLANK = "-"  # an empty parameter is refused (131008)


@dataclass(frozen=True, slots=True)
class TemplateButton:
    """What a template's button carries: the payload of a quick reply, or the end of a link."""

    index: int
    kind: Literal["quick_reply", "url"]
    value: str


def render_template(
    name: str,
    language: str,
    parameters: Sequence[str] = (),
    *,
    to: Address,
    ours: int,
    header: Media | None = None,
    buttons: Sequence[TemplateButton] = (),
) -> dict[str, Any]:
    """A template message as a request body; `parameters` fill {{1}}, {{2}}, … of its text.

    Line ends, tabs and runs of spaces, which Meta refuses in parameters, become one space.
    Raises NoAddress.
    """
    components: list[dict[str, Any]] = []
    if header:
        shown = {"type": "image", "image": source(header)}
        components.append({"type": "header", "parameters": [shown]})
    if parameters:
        texts = [{"type": "text", "text": _parameter(each)} for each in parameters]
        components.append({"type": "body", "parameters": texts})
    components.extend(_button(each) for each in buttons)
    template: dict[str, Any] = {"name": name, "language": {"code": language}}
    if components:
        template["components"] = components
    return enveloped({"type": "template", "template": template}, to, ours)


def _parameter(text: str) -> str:
    return clip(" ".join(text.split()), _PARAMETER) or _BLANK


def _button(button: TemplateButton) -> dict[str, Any]:
    kind = "payload" if button.kind == "quick_reply" else "text"
    return {
        "type": "button",
        "sub_type": button.kind,
        "index": str(button.index),
        "parameters": [{"type": kind, kind: button.value}],
    }
