"""Stripe's refusals, shaped so that the official library raises the right exception."""

from bot.simulator.shapes import Object, without_none


class StripeError(Exception):
    """A call that Stripe refuses; `kind` is Stripe's error type."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
        status: int = 400,
    ) -> None:
        self.status = status
        self._error = {"message": message, "type": kind, "param": param, "code": code}
        super().__init__(message)

    def body(self) -> Object:
        """The whole answer."""
        return {"error": without_none(self._error)}


def missing(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", param=param, code="parameter_missing")


def no_such(what: str, object_id: str, param: str = "id") -> StripeError:
    message = f"No such {what}: '{object_id}'"
    return StripeError(message, param=param, code="resource_missing", status=404)
