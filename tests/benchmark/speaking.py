"""Webhooks as WhatsApp and Telegram send them: whole HTTP requests, one message in each, of the
same length for both."""

import hmac
import time
from itertools import count
from typing import Protocol

_HEAD = "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
_WHATSAPP = (
    '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":'
    '{"messaging_product":"whatsapp","metadata":{"display_phone_number":"12025550100",'
    '"phone_number_id":"NUMBER"},"contacts":[{"profile":{"name":"Person %s"},"wa_id":"%s",'
    '"user_id":"US.%s"}],"messages":[{"from":"%s","from_user_id":"US.%s",'
    '"id":"wamid.HBgLMTIwMjU1NTAxMDAVAgASGBQ%020d","timestamp":"%d","text":{"body":"%s"},'
    '"type":"text"}]},"field":"messages"}]}]}'
)
_TELEGRAM = (
    '{"update_id":%d,"message":{"message_id":%d,"from":{"id":%s,"is_bot":false,"first_name":'
    '"Person %s","last_name":"PADDING","username":"person_%s","language_code":"en"},"chat":'
    '{"id":%s,"first_name":"Person %s","last_name":"PADDING","username":"person_%s",'
    '"type":"private"},"date":%d,"text":"%s"}}'
).replace("PADDING", 49 * "n")  # as long as WhatsApp's


class Speaking(Protocol):
    """How a person's words become a request."""

    def request(self, phone: str, text: str) -> bytes: ...


class WhatsApp:
    """Signed as Meta signs. `number` is ours, its phone number id."""

    def __init__(self, number: str, secret: str, path: str = "/webhooks/whatsapp") -> None:
        self._head = _HEAD.format(path=path) + (
            "User-Agent: facebookexternalua\r\nX-Hub-Signature-256: sha256=%s\r\n"
            "Content-Length: %d\r\n\r\n"
        )
        self._body = _WHATSAPP.replace("NUMBER", number)
        self._secret = secret.encode()
        self._ids = count(time.time_ns())

    def request(self, phone: str, text: str) -> bytes:
        words = (phone[-4:], phone, phone, phone, phone, next(self._ids), time.time(), text)
        body = (self._body % words).encode()
        signature = hmac.digest(self._secret, body, "sha256").hex()
        return (self._head % (signature, len(body))).encode() + body


class Telegram:
    """With the secret that Telegram puts into a header."""

    def __init__(self, secret: str, path: str) -> None:
        self._head = _HEAD.format(path=path) + (
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: %d\r\n\r\n"
        )
        self._ids = count(int(time.time()))

    def request(self, phone: str, text: str) -> bytes:
        number, short = next(self._ids), phone[-4:]
        words = (number, number, phone, short, short, phone, short, short, time.time(), text)
        body = (_TELEGRAM % words).encode()
        return (self._head % len(body)).encode() + body
