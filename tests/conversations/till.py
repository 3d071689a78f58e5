"""A payment provider for stories: makes links at once, and does what the story says happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.ground.money import Money
from services.payments.provider import (
    RETRY,
    Came,
    Disputed,
    Lapsed,
    Link,
    LinkAsk,
    Mark,
    NoAnswer,
    Raw,
    RefundAsk,
    RefundSaid,
    Refused,
    Told,
    Waiting,
    WentBack,
    Word,
    Working,
)
from services.payments.states import DisputeStatus

EVIDENCE_DUE = datetime(2026, 12, 3, 20, 59, tzinfo=UTC)
BANK = {
    "inquired": DisputeStatus.INQUIRY,
    "disputed": DisputeStatus.OPEN,
    "answered": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
"""What the payer's bank makes of an objection."""


@dataclass
class Till:
    """Implements services.payments.provider.Provider."""

    name: str = "stripe"
    schedule: tuple[timedelta, ...] = (timedelta(minutes=1),)
    retry: tuple[timedelta, ...] = RETRY
    on_phone: bool = False  # it asks there, and has no page
    asks: dict[str, LinkAsk] = field(default_factory=dict)  # by session
    state: dict[str, str] = field(default_factory=dict)  # by session
    refunds: list[RefundAsk] = field(default_factory=list)
    away: bool = False  # it does not answer
    told: int = 0

    async def create(self, ask: LinkAsk) -> Link:
        self._answers()
        known = [session for session, made in self.asks.items() if made.key == ask.key]
        session = known[0] if known else f"cs_{len(self.asks) + 1}"
        self.asks[session] = ask
        self.state.setdefault(session, "waiting")
        if self.on_phone:
            return Link(session, None, ask.expires_at, on_phone=True)
        return Link(session, f"https://pay.example/{session[3:]}", ask.expires_at)

    async def status(self, session: str) -> Word:
        self._answers()
        return self.word(session)

    async def close(self, session: str) -> None:
        if self.state.get(session) == "waiting":
            self.state[session] = "lapsed"

    async def refund(self, ask: RefundAsk) -> RefundSaid:
        self._answers()
        self.refunds.append(ask)
        return RefundSaid(f"re_{len(self.refunds)}", ask.key, True)

    async def fee(self, session: str) -> Money | None:
        return Money(0, self.asks[session].amount.currency)

    def verify(self, body: bytes, headers: Mapping[str, str], path: str = "") -> Told:
        raise NotImplementedError("stories tell their events themselves")

    def read(self, raw: Raw) -> Word:
        return self.word(str(raw["session"]))

    def word(self, session: str) -> Word:
        ask = self.asks[session]
        mark = Mark(payment=ask.payment, attempt=ask.attempt, session=session)
        match self.state[session]:
            case "paid":
                return Came(mark, ask.amount)
            case "working":
                return Working(mark)
            case "lapsed":
                return Lapsed(mark)
            case "declined":
                return Refused(mark)
            case ("insufficient" | "cancelled" | "wrong PIN" | "no answer") as why:
                return Refused(mark, why)
            case "back":
                return WentBack(mark, ask.amount)
            case "other":
                return Came(mark, ask.amount * 2)
            case state if state in BANK:
                return self._disputed(ask, mark, state)
        return Waiting(mark)

    def lapse(self, now: datetime) -> None:
        """Links whose time is up can be paid no more."""
        for session, ask in self.asks.items():
            if ask.expires_at <= now and self.state[session] == "waiting":
                self.state[session] = "lapsed"

    def _disputed(self, ask: LinkAsk, mark: Mark, state: str) -> Disputed:
        return Disputed(
            mark=mark,
            dispute=f"du_{ask.key}",
            amount=ask.amount,
            reason="product_not_received",
            status=BANK[state],
            evidence_due_at=EVIDENCE_DUE,
            answered=state == "answered",
        )

    def happens(self, payment: UUID, state: str) -> Told:
        """The newest link of a payment is now `state`, and the provider says so."""
        session = [session for session, ask in self.asks.items() if ask.payment == payment][-1]
        self.state[session] = state
        self.told += 1
        return Told(self.name, f"evt_{self.told}", state, {"session": session})

    def _answers(self) -> None:
        if self.away:
            raise NoAnswer("the provider is away")
