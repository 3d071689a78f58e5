"""Readers of what people type and tap, of stored sessions, settings, headers and paths."""

import os

import orjson

from bot import settings
from bot.channels import cloud_out, green_out
from bot.channels.cart import minor_units
from bot.channels.lengths import clip, width
from bot.dialog import Choice, NotUnderstood, Reply, Said, UnreadableSession
from bot.dialog.dialog import _opened
from handlers.chat import dialog
from handlers.chat.commands import command
from handlers.chat.phrases import plain
from handlers.chat.shopping.offers import opened
from handlers.chat.shopping.shortcuts import _COUNTED, _NUMBERED
from handlers.pages.paid import preferred
from services.shopping import pictures
from services.shopping.search import words_of
from tests.fuzz.seeds import LANGUAGE, dumped, sessions
from tests.fuzz.target import Target

OFFERED = tuple(Choice(f"go:{n}", label) for n, label in enumerate(("Maize", "Rice", "Ğ İ ß", "2")))


def _typed(raw: bytes) -> str:
    """As JSON brings it: no half of a surrogate pair, no U+0000."""
    return raw.decode("utf-8", "replace").replace("\0", "")


def words(raw: bytes) -> None:
    """Every way of reading typed words says what was meant, or a sentence for the person."""
    said = Said(_typed(raw), offered=OFFERED)
    for read in (
        said.choice,
        lambda: said.words(700),
        lambda: said.number(1, 99),
        lambda: said.phone("KE"),
        said.yes_no,
        said.where,
    ):
        try:
            read()
        except NotUnderstood as why:
            assert str(why)
    command(said.text)
    if found := _NUMBERED.fullmatch(plain(said.text)):
        assert int(found["number"]) < 10**12
    if found := _COUNTED.fullmatch(said.text.strip()):
        assert int(found["count"]) < 1000
    assert len(words_of(said.text)) <= 8
    minor_units(said.text, "KES")


def tap(raw: bytes) -> None:
    """The id of a button may be made up: it is read as far as it has a form of ours."""
    tapped = _typed(raw)
    tag, number, choice = _opened(tapped)
    assert 0 <= number < 2**63 and len(tag) + len(choice) <= len(tapped)
    assert all(part < 2**63 for part in opened(choice)[1:])


def bubble(raw: bytes) -> None:
    """Words that people gave come back in bubbles: each within the channel's length."""
    typed = _typed(raw)
    reply = Reply(typed or "x", (Choice("a", typed[:2000] or "x"), Choice("b", "B")))
    for part in cloud_out.parts(reply):
        assert width(part.text) <= 4096
    green_out.parts(reply)
    assert width(clip(typed, 24)) <= 24


def session(raw: bytes) -> None:
    """A stored session is read, and then stored as it was read; or it says that it is not."""
    try:
        stored = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return
    if isinstance(stored, dict):
        loaded = dialog.load(stored)
        again = dialog.dump(loaded)
        try:
            orjson.dumps(again)
        except TypeError as error:  # an integer that no id is: nobody but us writes sessions
            assert "64-bit" in str(error)
            return
        assert dialog.load(again) == loaded


def environment(raw: bytes) -> None:
    """Whatever stands in the environment: settings, or one clear line for each mistake."""
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return
    named = given.items() if isinstance(given, dict) else ()
    wanted = {name.upper(): str(value) for name, value in named if name.isidentifier()}
    before = dict(os.environ)
    try:
        for name, value in wanted.items():
            os.environ[name] = value.replace("\0", "")
        settings.read()
    except settings.SettingsError as error:
        assert str(error).strip()
    finally:
        os.environ.clear()
        os.environ.update(before)


def browser(raw: bytes) -> None:
    """What a browser asks the few pages for."""
    asked = raw.decode("utf-8", "surrogateescape")
    assert preferred(asked)
    pictures.find(asked)
    pictures.find(f"demo/{asked}")


_TAPS = (
    "shopping.product|²|x",
    "shopping.product|3|add:1:2",
    "!order:1042",
    "!resume:",
    "home.menu|12|more:9",
    "||",
    "x",
)
_BROWSER = (b"sw-KE,sw;q=0.9,en;q=0.8", b"demo/kitenge.jpg", b"../../settings.py", b"*", b"")
_SETTINGS = dumped(
    {"env": "production", "database_url": "postgresql://a:b@h:5432/d?sslmode=require"},
    {"port": "8080", "public_url": "https://shop.example", "log_level": "INFO", "simulator": "no"},
    {"stripe_webhook_secret": "whsec_1, whsec_2", "graceful_stop_seconds": "5", "metrics_port": ""},
    {"whatsapp_access_token": "t", "whatsapp_phone_number_id": "1", "whatsapp_api_version": "v1.0"},
    {"green_api_token": "t", "green_api_instance_id": "1", "green_api_url": "https://g.example"},
)

TARGETS = (
    Target("typed words", tuple(one.encode() for one in LANGUAGE), words),
    Target("tapped id", tuple(one.encode() for one in _TAPS), tap),
    Target("bubble of given words", tuple(one.encode() for one in LANGUAGE), bubble),
    Target("stored session", sessions(), session, (UnreadableSession,)),
    Target("settings", _SETTINGS, environment),
    Target("pages", _BROWSER, browser),
)
