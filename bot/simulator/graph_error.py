"""The Graph API's refusals: status, code and words as Meta sends them."""

from base64 import urlsafe_b64encode
from os import urandom
from typing import Final

from bot.simulator.shapes import Object

ERRORS_PAGE = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

# code: (HTTP status, title, usual details)
KNOWN: Final[dict[int, tuple[int, str, str]]] = {
    4: (400, "Application request limit reached", "The app has reached its API call rate limit."),
    100: (400, "Invalid parameter", ""),
    190: (401, "Access token has expired", "Your access token has expired."),
    368: (403, "Temporarily blocked for policies violations", "This account is restricted."),
    130429: (429, "Rate limit hit", "Cloud API message throughput has been reached."),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131008: (400, "Required parameter is missing", ""),
    131009: (400, "Parameter value is not valid", ""),
    131016: (503, "Service unavailable", "A service is temporarily unavailable."),
    131026: (400, "Message undeliverable", "Message Undeliverable."),
    131047: (
        400,
        "Re-engagement message",
        "More than 24 hours have passed since the recipient last replied to the sender number.",
    ),
    131048: (
        400,
        "Spam rate limit hit",
        "Too many messages from this number were blocked or flagged as spam.",
    ),
    131049: (
        400,
        "Meta chose not to deliver",
        "Not delivered to maintain a healthy ecosystem engagement.",
    ),
    131050: (400, "Marketing stopped", "The recipient has chosen to stop marketing messages."),
    131051: (400, "Unsupported message type", "Message type is not currently supported."),
    131052: (404, "Media download error", "Unable to download the media sent by the user."),
    131053: (400, "Media upload error", "Unable to upload the media used in the message."),
    131056: (
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        (
            "Message failed to send because there were too many messages sent from this phone "
            "number to the same phone number in a short period of time."
        ),
    ),
    132000: (400, "Number of parameters does not match the expected number of params", ""),
    132001: (404, "Template name does not exist in the translation", ""),
    132005: (400, "Translated text too long", ""),
    132015: (400, "Template is paused", "The template is paused due to low quality."),
    132012: (400, "Parameter format does not match format in the created template", ""),
}


class GraphError(Exception):
    """A call the Graph API refuses, with Meta's code and details."""

    def __init__(self, code: int, details: str | None = None, *, status: int | None = None) -> None:
        usual_status, self.title, usual = KNOWN[code]
        self.code = code
        self.status = status or usual_status
        self.details = usual if details is None else details
        super().__init__(f"(#{code}) {self.title}: {self.details}")

    def body(self) -> Object:
        """The whole answer."""
        error: Object = {
            "message": f"(#{self.code}) {self.title}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": trace_id(),
        }
        return {"error": error}

    def in_status(self) -> Object:
        """The same refusal as a `failed` status carries it."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": ERRORS_PAGE,
        }


class BadToken(GraphError):
    """No bearer token, or not this number's."""

    def __init__(self) -> None:
        super().__init__(100)
        self.status = 401

    def body(self) -> Object:
        error: Object = {
            "message": "Invalid OAuth access token - Cannot parse access token",
            "type": "OAuthException",
            "code": 190,
            "fbtrace_id": trace_id(),
        }
        return {"error": error}


class NoSuchNode(GraphError):
    """A path names an object that this account does not have."""

    def __init__(self, verb: str, node: str) -> None:
        super().__init__(100)
        self._message = (
            f"Unsupported {verb} request. Object with ID '{node}' does not exist, cannot be loaded "
            "due to missing permissions, or does not support this operation."
        )

    def body(self) -> Object:
        error: Object = {
            "message": self._message,
            "type": "GraphMethodException",
            "code": 100,
            "error_subcode": 33,
            "fbtrace_id": trace_id(),
        }
        return {"error": error}


def trace_id() -> str:
    return "A" + urlsafe_b64encode(urandom(16)).decode().rstrip("=")
