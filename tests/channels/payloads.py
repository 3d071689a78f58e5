"""The providers' payloads on file, and what was understood of them in one line each."""

from pathlib import Path
from typing import Any

import orjson

from bot.channels.updates import Parsed, Status, Update, Who
from bot.dialog.said import Said

FIXTURES = Path(__file__).parent.parent / "fixtures"


def webhooks(provider: str) -> list[str]:
    """Names of the webhook files; `api_*` are answers to requests, not webhooks."""
    files = (FIXTURES / provider).glob("*.json")
    return sorted(file.stem for file in files if not file.stem.startswith("api_"))


def load(provider: str, name: str) -> Any:
    return orjson.loads((FIXTURES / provider / f"{name}.json").read_bytes())


def summary(parsed: Parsed, read: Any) -> list[str]:
    updates = [_update(update, read) for update in parsed.updates]
    return updates + [_status(status) for status in parsed.statuses]


def _update(update: Update, read: Any) -> str:
    id = f"{update.provider_id[:14]}…" if "sha256:" in update.provider_id else update.provider_id
    at = update.sent_at.isoformat() if update.sent_at else "no time"
    line = f"{update.kind} {id} to {update.address} at {at}"
    if update.ignored:
        return f"{line} ignored: {update.ignored}"
    return f"{line} from {_who(update.who)} says {_said(read(update.payload))}"


def _who(who: Who | None) -> str:
    if who is None:
        return "nobody"
    named = (who.phone, who.bsuid, who.chat_id, who.name, who.username)
    return " / ".join(each for each in named if each)


def _said(said: Said) -> str:
    shown: list[Any] = [repr(said.text)]
    shown += [f"tapped={said.tapped}"] if said.tapped else []
    shown += [f"reply_to={said.reply_to}"] if said.reply_to else []
    shown += [said.place] if said.place else []
    shown += [said.attachment] if said.attachment else []
    shown += said.cart
    return " ".join(map(str, shown))


def _status(status: Status) -> str:
    line = f"status {status.status} {status.provider_id} of {status.address}"
    line += f" at {status.at.isoformat()}"
    if status.action:
        line += f" {status.action.value} {status.error_code} {status.error_text!r}"
    return line
