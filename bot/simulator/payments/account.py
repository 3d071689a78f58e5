"""The account behind the Stripe emulator: its objects, what may become of them, and the events
that tell of it.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import orjson

from bot.simulator.payments import objects
from bot.simulator.payments.stripe_error import StripeError, no_such
from bot.simulator.shapes import Object, obj, text, whole
from bot.simulator.updates import Update
from bot.simulator.world import World

EVENTS_KEPT: Final = 5000
DECLINED: Final[Object] = {
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "Your card was declined.",
    "type": "card_error",
}


class WrongMoment(Exception):
    """The payment is past the point where this could happen."""


class Account:
    """Sessions, intents, charges, refunds and events; every change is journaled before it is
    told.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.things: dict[str, Object] = {}
        self.lines: dict[str, list[Object]] = {}
        self.events: dict[str, Object] = {}
        self._intent_data: dict[str, Object] = {}
        self._aliases: dict[str, str] = {}
        world.listeners.append(self._taken)

    def find(self, object_id: str, kind: str) -> Object:
        """An object by id; raises StripeError 404 for an unknown one or one of another kind."""
        found = self.things.get(object_id)
        if found is None or found["object"] != kind:
            raise no_such(kind, object_id)
        return found

    def session_called(self, called: str) -> Object | None:
        """A session by its id, its reference, its intent, or a value of its metadata; the
        newest.
        """
        return self.things.get(self._aliases.get(called, called))

    def session_of(self, intent_id: str) -> Object:
        session = self.session_called(intent_id)
        if session is None:
            raise no_such("checkout.session", intent_id)
        return session

    def open_session(self, params: Object, lines: list[Object], amount: int) -> Object:
        """A new session; it expires by itself when its time is up."""
        base_url = self._world.config.public_url.rstrip("/")
        session = objects.checkout_session(params, lines, amount, base_url)
        session_id = text(session["id"])
        self.lines[session_id] = lines
        self._intent_data[session_id] = obj(params.get("payment_intent_data"))
        self._journal_lines(session_id)
        self._keep(session)
        self._index(session)
        self._expire_later(session)
        return session

    def pay(self, session: Object) -> None:
        """The person pays, or a payment that was to come later arrives."""
        was_later = self.awaits_money(session)
        self._must(session, was_later or _is_open(session))
        intent = self._intent(session)
        charged = objects.charge(intent)
        intent |= {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "latest_charge": charged["id"],
            "last_payment_error": None,
        }
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        self._keep(charged, objects.balance_transaction(charged), intent, session)
        self._tell("charge.succeeded", charged, session)
        self._tell("payment_intent.succeeded", intent, session)
        kind = "async_payment_succeeded" if was_later else "completed"
        self._tell(f"checkout.session.{kind}", session, session)

    def decline(self, session: Object) -> None:
        """The card is refused (the session stays open), or a payment to come later fails for
        good.
        """
        was_later = self.awaits_money(session)
        self._must(session, was_later or _is_open(session))
        intent = self._intent(session)
        intent |= {"status": "requires_payment_method", "last_payment_error": DECLINED}
        self._keep(intent, session)
        self._tell("payment_intent.payment_failed", intent, session)
        if was_later:
            self._tell("checkout.session.async_payment_failed", session, session)

    def later(self, session: Object) -> None:
        """The person chose a way that takes days: the session is complete, the money is not
        there.
        """
        self._must(session, _is_open(session))
        intent = self._intent(session)
        intent["status"] = "processing"
        session |= {"status": "complete", "payment_status": "unpaid", "url": None}
        self._keep(intent, session)
        self._tell("checkout.session.completed", session, session)

    def expire(self, session: Object) -> None:
        """The session's time is up, or the product or the person gives it up."""
        self._must(session, _is_open(session))
        session |= {"status": "expired", "url": None}
        self._keep(session)
        self._tell("checkout.session.expired", session, session)

    def refund(self, params: Object) -> Object:
        """Give money back, in whole or in part; raises StripeError for more than is left."""
        charged = self._refundable(params)
        left = whole(charged["amount"]) - whole(charged["amount_refunded"])
        if left == 0:
            message = f"Charge {charged['id']} has already been refunded."
            raise StripeError(message, code="charge_already_refunded")
        amount = whole(params.get("amount"), left)
        if not 0 < amount <= left:
            message = (
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            )
            raise StripeError(message, param="amount")
        refunded = objects.refund(charged, amount, params)
        before: Object = {"amount_refunded": charged["amount_refunded"], "refunded": False}
        charged["amount_refunded"] = whole(charged["amount_refunded"]) + amount
        charged["refunded"] = charged["amount_refunded"] == charged["amount"]
        self._keep(refunded, charged)
        session = self.session_of(text(charged["payment_intent"]))
        self._tell("charge.refunded", charged, session, before)
        return refunded

    def dispute(self, session: Object) -> None:
        """The payer objects at their bank, which takes the money and waits for evidence."""
        charged = self.things.get(text(obj(self._paid_intent(session)).get("latest_charge")))
        self._must(session, charged is not None and not charged["disputed"])
        charged = obj(charged)
        disputed = objects.dispute(charged)
        charged["disputed"] = True
        self._aliases[f"dispute:{session['id']}"] = text(disputed["id"])
        self._keep(disputed, charged)
        self._tell("charge.dispute.created", disputed, session)
        self._tell("charge.dispute.funds_withdrawn", disputed, session)

    def decide(self, session: Object, status: str) -> None:
        """The bank decides: `won` for the seller, who has the money back, or `lost`."""
        disputed = self.session_called(f"dispute:{session['id']}")
        self._must(session, disputed is not None and disputed["status"] == "needs_response")
        disputed = obj(disputed)
        disputed["status"] = status
        self._keep(disputed)
        if status == "won":
            self._tell("charge.dispute.funds_reinstated", disputed, session)
        self._tell("charge.dispute.closed", disputed, session)

    def restorers(self, expect: Callable[[Update], None]) -> dict[str, Callable[[Object], None]]:
        """What to do with this account's journal records."""

        def event(record: Object) -> None:
            told = obj(record["e"])
            self.events[text(told["id"])] = told
            expect(Update(text(told["id"]), text(record["lane"]), "stripe", told))

        return {"stripe": self._restore, "lines": self._restore_lines, "event": event}

    def woken(self, owed: set[str]) -> None:
        """After the journal is read: which events are still owed, and when sessions expire."""
        for event_id, told in self.events.items():
            told["pending_webhooks"] = int(event_id in owed)
        for thing in list(self.things.values()):
            if thing["object"] == "checkout.session" and _is_open(thing):
                self._expire_later(thing)

    def records(self) -> list[Object]:
        """The journal records that are enough to wake up as now (when no event is owed)."""
        kept: list[Object] = []
        kept += [self._lines_record(session_id) for session_id in self.lines]
        kept += [{"t": "stripe", "o": thing} for thing in self.things.values()]
        for told in self.events.values():
            lane = f"stripe:{told['id']}"
            kept += [{"t": "event", "lane": lane, "e": told}, {"t": "ok", "k": told["id"]}]
        return kept

    def awaits_money(self, session: Object) -> bool:
        """Complete, but the money is still on its way."""
        intent = self.things.get(text(session["payment_intent"]), {})
        return session["status"] == "complete" and intent.get("status") == "processing"

    def _must(self, session: Object, possible: bool) -> None:
        if not possible:
            state = f"{session['status']}, {session['payment_status']}"
            raise WrongMoment(f"the checkout session {session['id']} is {state}")

    def _intent(self, session: Object) -> Object:
        if intent_id := text(session["payment_intent"]):
            return self.things[intent_id]
        intent = objects.payment_intent(session, self._intent_data[text(session["id"])])
        session["payment_intent"] = intent["id"]
        self._aliases[text(intent["id"])] = text(session["id"])
        return intent

    def _paid_intent(self, session: Object) -> Object:
        return self.things.get(text(session["payment_intent"]), {})

    def _refundable(self, params: Object) -> Object:
        if charge_id := text(params.get("charge")):
            return self.find(charge_id, "charge")
        intent_id = text(params.get("payment_intent"))
        if not intent_id:
            message = "One of the following params should be provided: payment_intent or charge."
            raise StripeError(message)
        charge_id = text(self.find(intent_id, "payment_intent")["latest_charge"])
        if not charge_id:
            message = (
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
            )
            raise StripeError(message, param="payment_intent")
        return self.find(charge_id, "charge")

    def _keep(self, *changed: Object) -> None:
        for thing in changed:
            self.things[text(thing["id"])] = thing
            self._world.journal.append({"t": "stripe", "o": thing})

    def _tell(
        self, kind: str, subject: Object, session: Object, before: Object | None = None
    ) -> None:
        snapshot: Object = orjson.loads(orjson.dumps(subject))
        told = objects.event(kind, snapshot, before)
        lane = f"stripe:{session['id']}"
        self.events[text(told["id"])] = told
        if len(self.events) > EVENTS_KEPT:
            del self.events[next(iter(self.events))]
        self._world.journal.append({"t": "event", "lane": lane, "e": told})
        self._world.delivery.send(Update(text(told["id"]), lane, "stripe", told))
        self._world.watchers.tell(lambda: {"event": "payment", "type": kind, "id": session["id"]})

    def _taken(self, update: Update) -> None:
        if told := self.events.get(update.key):
            told["pending_webhooks"] = 0

    def _index(self, session: Object) -> None:
        session_id = text(session["id"])
        names = [session.get("client_reference_id"), session.get("payment_intent")]
        for name in [*names, *obj(session["metadata"]).values()]:
            if isinstance(name, str) and name:
                self._aliases[name] = session_id

    def _expire_later(self, session: Object) -> None:
        def expire() -> None:
            if _is_open(session):
                self.expire(session)

        left = max(0.0, whole(session["expires_at"]) - time.time())
        asyncio.get_running_loop().call_later(left, expire)

    def _journal_lines(self, session_id: str) -> None:
        self._world.journal.append(self._lines_record(session_id))

    def _lines_record(self, session_id: str) -> Object:
        data = self._intent_data[session_id]
        return {"t": "lines", "id": session_id, "lines": self.lines[session_id], "intent": data}

    def _restore(self, record: Object) -> None:
        thing = obj(record["o"])
        self.things[text(thing["id"])] = thing
        if thing["object"] == "checkout.session":
            self._index(thing)
        if thing["object"] == "dispute":
            session = self.session_of(text(thing["payment_intent"]))
            self._aliases[f"dispute:{session['id']}"] = text(thing["id"])

    def _restore_lines(self, record: Object) -> None:
        session_id = text(record["id"])
        lines = record["lines"]
        self.lines[session_id] = [obj(line) for line in lines] if isinstance(lines, list) else []
        self._intent_data[session_id] = obj(record["intent"])


def _is_open(session: Object) -> bool:
    return session["status"] == "open"
