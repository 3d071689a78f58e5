"""What can go wrong when asking for money; each docstring is the message."""


class PaymentError(Exception):
    """The payment cannot be done."""

    def __init__(self, detail: str = "") -> None:
        message = self.__doc__ or ""
        super().__init__(f"{message} ({detail})" if detail else message)


class NoSuchPayment(PaymentError):
    """There is no such payment."""


class AlreadyAsked(PaymentError):
    """Another payment for this is open: cancel it first."""


class AlreadyPaid(PaymentError):
    """This has been paid."""


class NotChargeable(PaymentError):
    """The provider cannot charge this amount in this currency."""


class NotAllowed(PaymentError):
    """The payment's status does not allow this."""


class Overtaken(PaymentError):
    """The wallet does not hold this any more: what was begun must be undone."""


class TooMuch(PaymentError):
    """More cannot be given back than was paid."""


class SameKeyOtherRefund(PaymentError):
    """This key belongs to a refund of another amount."""


class SamePerson(PaymentError):
    """Whoever asks for it, or paid, does not decide it."""


class AlreadyDecided(PaymentError):
    """Somebody has decided this already."""
