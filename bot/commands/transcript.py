"""A conversation as text: what a bubble shows on a phone, and a transcript as tests play it.

The format is that of tests/conversations: `>` the person, `<` a bubble with its picture,
choices and links beneath.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.channels.address import Address
from bot.channels.cloud_out import render
from bot.dialog.reply import Reply

_SOMEBODY = Address(bsuid="XX.0")  # rendering asks for an address; nothing is sent to it


@dataclass(frozen=True, slots=True)
class Tap:
    """Something to tap: what it says and the Cloud API object a tap on it sends."""

    label: str
    sends: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A bubble on the phone: its lines above the choices, and the choices."""

    lines: tuple[str, ...]
    taps: tuple[Tap, ...] = ()
    choices: tuple[str, ...] = ()  # as a transcript writes them

    def transcript(self) -> str:
        """The bubble as the lines of a transcript."""
        first, *rest = (*self.lines, *self.choices)
        return "\n".join([f"< {first}", *(f"  {line}".rstrip() for line in rest)])


def show(reply: Reply) -> Shown:
    """What the Cloud API makes of a bubble (a part of one: see `parts`)."""
    body = render(reply, to=_SOMEBODY, ours=0)
    content = body[body["type"]]
    match body["type"]:
        case "text":
            return Shown(_lines(content["body"]))
        case "interactive":
            return _interactive(content)
        case kind:
            file = content.get("filename") or content.get("link") or content.get("id")
            return Shown((f"({kind} {file})", *_lines(content.get("caption", ""))))


def _lines(words: str) -> tuple[str, ...]:
    return tuple(words.split("\n")) if words else ()


def _interactive(content: dict[str, Any]) -> Shown:
    above = _above(content)
    action = content["action"]
    match content["type"]:
        case "button":
            taps = _taps("button_reply", [button["reply"] for button in action["buttons"]])
            return Shown(above, taps, (" ".join(f"[{tap.label}]" for tap in taps),))
        case "list":
            rows = [row for section in action["sections"] for row in section["rows"]]
            choices = (f"☰ {action['button']}", *map(_row, rows))
            return Shown(above, _taps("list_reply", rows), choices)
        case "cta_url":
            link = action["parameters"]
            return Shown(above, (), (f"({link['display_text']}: {link['url']})",))
        case _:
            return Shown(above, (), ("(send location)",))


def _above(content: dict[str, Any]) -> tuple[str, ...]:
    header, footer = content.get("header"), content.get("footer")
    head = (f"({header['type']} {header[header['type']]['link']})",) if header else ()
    foot = (f"_{footer['text']}_",) if footer else ()
    return (*head, *_lines(content["body"]["text"]), *foot)


def _taps(kind: str, replies: Sequence[dict[str, Any]]) -> tuple[Tap, ...]:
    return tuple(
        Tap(reply["title"], {"type": "interactive", "interactive": {"type": kind, kind: reply}})
        for reply in replies
    )


def _row(row: dict[str, Any]) -> str:
    beneath = row.get("description")
    return f"  [{row['title']}] – {beneath}" if beneath else f"  [{row['title']}]"


class Recorder:
    """Writes a transcript while the conversation goes on."""

    def __init__(self, file: Path, title: str) -> None:
        self._file = file
        file.write_text(f"# {title}\n\n", "utf-8")

    def line(self, words: str) -> None:
        with self._file.open("a", encoding="utf-8") as out:
            out.write(words + "\n")
