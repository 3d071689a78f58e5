"""The merchant's account behind the PhonePe emulator: orders, refunds, what may become of them, and
the events that tell of it. Amounts are paise, times milliseconds.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import orjson

from bot.simulator.payments.account import WrongMoment
from bot.simulator.payments.objects import fresh_id
from bot.simulator.shapes import Object, obj, objects, text, whole
from bot.simulator.updates import Update
from bot.simulator.world import World

LEAST: Final = 100
MERCHANT: Final = "SIMULATED"


class Refused(Exception):
    """A call that PhonePe refuses with 400 and this code."""


class PhonePeAccount:
    """Every change is journaled before it is told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.orders: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}

    def order(self, called: str) -> Object | None:
        """An order by the merchant's id or PhonePe's, or by the payment in its metaInfo."""
        if called in self.orders:
            return self.orders[called]
        for order in reversed(self.orders.values()):
            if called in (order["orderId"], obj(order["metaInfo"]).get("udf1")):
                return order
        return None

    def open(self, params: Object) -> Object:
        """A new order; it ends by itself when its time is up. Raises Refused."""
        order_id, amount = text(params.get("merchantOrderId")), whole(params.get("amount"))
        if not order_id or len(order_id) > 63 or amount < LEAST:
            raise Refused("BAD_REQUEST")
        if order_id in self.orders:
            raise Refused("INVALID_MERCHANT_ORDER_ID")
        flow = obj(params.get("paymentFlow"))
        order: Object = {
            "merchantId": MERCHANT,
            "merchantOrderId": order_id,
            "orderId": fresh_id("OMO"),
            "state": "PENDING",
            "amount": amount,
            "expireAt": _now() + 1000 * whole(params.get("expireAfter"), 1200),
            "metaInfo": obj(params.get("metaInfo")),
            "paymentDetails": [],
            "message": text(flow.get("message")),
            "returns": text(obj(flow.get("merchantUrls")).get("redirectUrl")),
        }
        self._keep(order)
        self._end_later(order)
        return order

    def pay(self, order: Object) -> None:
        """The person pays, or a try that was to be decided later succeeds."""
        self._tried(order, "COMPLETED")
        order["state"] = "COMPLETED"
        self._keep(order)
        self._tell("checkout.order.completed", order)

    def decline(self, order: Object) -> None:
        """The bank says no: the try has failed, the order can still be paid."""
        self._tried(order, "FAILED", errorCode="PAYMENT_ERROR", detailedErrorCode="TXN_FAILED")
        self._keep(order)
        self._tell("checkout.transaction.attempt.failed", order)

    def later(self, order: Object) -> None:
        """The person approves in another app, some time: nobody is told of it."""
        self._tried(order, "PENDING")
        self._keep(order)

    def expire(self, order: Object) -> None:
        """The order's time is up, or the person walks away until it is."""
        self._must_be_open(order)
        for one in objects(order["paymentDetails"]):
            one["state"] = "FAILED"
        order |= {"state": "FAILED", "errorCode": "TXN_NOT_COMPLETED"}
        self._keep(order)
        self._tell("checkout.order.failed", order)

    def refund(self, params: Object) -> Object:
        """Give money back, whole or in part; what is answered is not done yet. Raises Refused."""
        refund_id = text(params.get("merchantRefundId"))
        order = self.orders.get(text(params.get("originalMerchantOrderId")))
        amount = whole(params.get("amount"))
        if order is None:
            raise Refused("MERCHANT_ORDER_MAPPING_NOT_FOUND")
        if not refund_id or refund_id in self.refunds:
            raise Refused("INVALID_MERCHANT_REFUND_ID")
        if order["state"] != "COMPLETED" or not 0 < amount <= self.left(order):
            raise Refused("INVALID_REFUND_AMOUNT")
        refund: Object = {
            "merchantId": MERCHANT,
            "merchantRefundId": refund_id,
            "originalMerchantOrderId": order["merchantOrderId"],
            "refundId": fresh_id("OMR"),
            "amount": amount,
            "state": "CONFIRMED",
            "timestamp": _now(),
        }
        self._tell("pg.refund.accepted", refund)
        answered = refund | {"state": "PENDING"}
        refund["state"] = "COMPLETED"
        self._keep(refund)
        self._tell("pg.refund.completed", refund)
        return answered

    def left(self, order: Object) -> int:
        """What of an order has not been given back."""
        mine = order["merchantOrderId"]
        back = [one for one in self.refunds.values() if one["originalMerchantOrderId"] == mine]
        return whole(order["amount"]) - sum(whole(one["amount"]) for one in back)

    def is_awaited(self, order: Object) -> bool:
        """Whether a try waits for the person's bank."""
        return any(one["state"] == "PENDING" for one in objects(order["paymentDetails"]))

    def restorers(self, expect: Callable[[Update], None]) -> dict[str, Callable[[Object], None]]:
        """What to do with this account's journal records."""

        def event(record: Object) -> None:
            expect(Update(text(record["k"]), text(record["lane"]), "phonepe", obj(record["e"])))

        return {"phonepe": lambda record: self._take(obj(record["o"])), "phonepe_event": event}

    def woken(self) -> None:
        """After the journal is read: orders end when their time is up."""
        for order in self.orders.values():
            if order["state"] == "PENDING":
                self._end_later(order)

    def records(self) -> list[Object]:
        """The journal records that are enough to wake up as now (when no event is owed)."""
        kept = [*self.orders.values(), *self.refunds.values()]
        return [{"t": "phonepe", "o": one} for one in kept]

    def _tried(self, order: Object, state: str, **more: object) -> None:
        self._must_be_open(order)
        tries = objects(order["paymentDetails"])
        if not tries or tries[-1]["state"] != "PENDING":
            tries.append({"transactionId": fresh_id("OM"), "paymentMode": "UPI_INTENT"})
        tries[-1] |= {"timestamp": _now(), "amount": order["amount"], "state": state, **more}
        order["paymentDetails"] = tries

    def _must_be_open(self, order: Object) -> None:
        if order["state"] != "PENDING":
            raise WrongMoment(f"the order {order['merchantOrderId']} is {order['state']}")

    def _keep(self, changed: Object) -> None:
        self._take(changed)
        self._world.journal.append({"t": "phonepe", "o": changed})

    def _take(self, thing: Object) -> None:
        if refund_id := text(thing.get("merchantRefundId")):
            self.refunds[refund_id] = thing
        else:
            self.orders[text(thing["merchantOrderId"])] = thing

    def _tell(self, kind: str, about: Object) -> None:
        payload: Object = orjson.loads(orjson.dumps(shown(about)))
        told: Object = {"event": kind, "type": kind.upper().replace(".", "_"), "payload": payload}
        order_id = about.get("originalMerchantOrderId", about.get("merchantOrderId"))
        key, lane = fresh_id("phonepe:"), f"phonepe:{order_id}"
        self._world.journal.append({"t": "phonepe_event", "k": key, "lane": lane, "e": told})
        self._world.delivery.send(Update(key, lane, "phonepe", told))
        self._world.watchers.tell(lambda: {"event": "payment", "type": kind, "id": order_id})

    def _end_later(self, order: Object) -> None:
        def end() -> None:
            if order["state"] == "PENDING":
                self.expire(order)

        left = max(0.0, (whole(order["expireAt"]) - _now()) / 1000)
        asyncio.get_running_loop().call_later(left, end)


def shown(thing: Object) -> Object:
    """An order or a refund as PhonePe tells it."""
    return {name: value for name, value in thing.items() if name not in ("message", "returns")}


def _now() -> int:
    return int(time.time() * 1000)
