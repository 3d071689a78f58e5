"""One thing the product must be told, and how a POST of such things is built and signed for each
of its receivers.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

from bot.simulator.config import SimulatorConfig
from bot.simulator.shapes import Object

Receiver = Literal["whatsapp", "stripe", "phonepe", "mpesa"]


@dataclass(slots=True, frozen=True)
class Update:
    """One webhook item: `key` names it for good, items of one `lane` keep their order; `to` is
    an address of its own.
    """

    key: str
    lane: str
    receiver: Receiver
    content: Object
    to: str = ""


class Envelopes:
    """Bodies and headers as the providers send them."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._waba_id = config.waba_id
        self._app_secret = config.app_secret.encode()
        self._stripe_secret = config.stripe_webhook_secret.encode()
        self._phonepe_password = hashlib.sha256(config.phonepe_webhook.encode()).hexdigest()
        hooks = f"{config.product_url.rstrip('/')}/webhooks"
        self._urls: dict[Receiver, str] = {
            "whatsapp": f"{hooks}/whatsapp",
            "stripe": f"{hooks}/stripe",
            "phonepe": f"{hooks}/phonepe",
            "mpesa": f"{hooks}/mpesa",
        }

    def url(self, update: Update) -> str:
        return update.to or self._urls[update.receiver]

    def body(self, updates: Sequence[Update]) -> bytes:
        """The raw body; several WhatsApp updates share one POST, a payment event travels alone."""
        if updates[0].receiver != "whatsapp":
            return orjson.dumps(updates[0].content, option=orjson.OPT_INDENT_2)
        changes = [{"value": update.content, "field": "messages"} for update in updates]
        entry = {"id": self._waba_id, "changes": changes}
        return ascii_json({"object": "whatsapp_business_account", "entry": [entry]})

    def headers(self, receiver: Receiver, body: bytes) -> dict[str, str]:
        """Content type and signature; Stripe's is made afresh for every attempt."""
        headers = {"Content-Type": "application/json"}
        if receiver == "whatsapp":
            digest = hmac.new(self._app_secret, body, hashlib.sha256).hexdigest()
            return headers | {"X-Hub-Signature-256": f"sha256={digest}"}
        if receiver == "phonepe":
            return headers | {"Authorization": self._phonepe_password}
        if receiver == "mpesa":
            return headers  # nobody signs
        stamp = str(int(time.time()))
        signed = hmac.new(self._stripe_secret, f"{stamp}.".encode() + body, hashlib.sha256)
        return headers | {"Stripe-Signature": f"t={stamp},v1={signed.hexdigest()}"}


def ascii_json(value: Object) -> bytes:
    r"""JSON as Meta writes it: anything beyond ASCII as \uXXXX, so that re-serialising breaks
    the signature.
    """
    body = orjson.dumps(value)
    return body if body.isascii() else json.dumps(value, separators=(",", ":")).encode()
