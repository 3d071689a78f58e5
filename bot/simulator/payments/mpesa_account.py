"""M-Pesa behind its emulator: prompts on people's phones, and how each ends. Whole shillings."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from bot.simulator.payments.account import WrongMoment
from bot.simulator.payments.objects import fresh_id
from bot.simulator.shapes import Object, obj, text, whole
from bot.simulator.updates import Update
from bot.simulator.world import World

WAITS_SECONDS: Final = 60  # for the PIN
ENDS: Final[dict[str, tuple[int, str]]] = {
    "pin": (0, "The service request is processed successfully."),
    "insufficient": (1, "The balance is insufficient for the transaction."),
    "cancel": (1032, "Request cancelled by user."),
    "timeout": (1037, "DS timeout user cannot be reached."),
    "wrong-pin": (2001, "The initiator information is invalid."),
}


class MPesaAccount:
    """Every change is journaled before it is told; a prompt nobody answers times out by itself."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.prompts: dict[str, Object] = {}

    def prompt(self, called: str) -> Object | None:
        """By its id, by the number it was shown on, or by the address it is told of at."""
        if called in self.prompts:
            return self.prompts[called]
        for prompt in reversed(self.prompts.values()):
            if called == prompt["phone"] or f"/{called}/" in text(prompt["callback"]):
                return prompt
        return None

    def is_asked(self, phone: str) -> bool:
        """Whether a phone shows a prompt now: there is one at a time."""
        return any(one["phone"] == phone and one["result"] is None for one in self.prompts.values())

    def show(self, params: Object) -> Object:
        """A prompt on a phone."""
        prompt: Object = {
            "id": fresh_id("ws_CO_"),
            "request": fresh_id(""),
            "phone": text(params.get("PhoneNumber")),
            "amount": whole(params.get("Amount")),
            "reference": text(params.get("AccountReference")),
            "callback": text(params.get("CallBackURL")),
            "ends": time.time() + WAITS_SECONDS,
            "result": None,
        }
        self._keep(prompt)
        self._time_out_later(prompt)
        base = self._world.config.public_url.rstrip("/")
        url = f"{base}/simulator/checkout/mpesa/{prompt['id']}"
        person = self._world.crowd.find(text(prompt["phone"]))
        self._world.watchers.tell(
            lambda: {"event": "prompt", "person": person.key if person else None, "url": url}
        )
        return prompt

    def end(self, prompt: Object, end: str) -> None:
        """The person enters the PIN, or does not. Raises WrongMoment."""
        if prompt["result"] is not None:
            raise WrongMoment(f"the prompt {prompt['id']} has ended with {prompt['result']}")
        prompt["result"] = ENDS[end][0]
        if end == "pin":
            prompt["receipt"] = fresh_id("")[:10].upper()
        self._keep(prompt)
        self._tell(prompt, ENDS[end][1])

    def restorers(self, expect: Callable[[Update], None]) -> dict[str, Callable[[Object], None]]:
        """What to do with this account's journal records."""

        def event(record: Object) -> None:
            key, to = text(record["k"]), text(record["to"])
            expect(Update(key, text(record["lane"]), "mpesa", obj(record["e"]), to))

        return {"mpesa": lambda record: self._take(obj(record["o"])), "mpesa_event": event}

    def woken(self) -> None:
        """After the journal is read: prompts time out when their time is up."""
        for prompt in self.prompts.values():
            if prompt["result"] is None:
                self._time_out_later(prompt)

    def records(self) -> list[Object]:
        """The journal records that are enough to wake up as now (when no callback is owed)."""
        return [{"t": "mpesa", "o": prompt} for prompt in self.prompts.values()]

    def _keep(self, prompt: Object) -> None:
        self._take(prompt)
        self._world.journal.append({"t": "mpesa", "o": prompt})

    def _take(self, prompt: Object) -> None:
        self.prompts[text(prompt["id"])] = prompt

    def _tell(self, prompt: Object, description: str) -> None:
        core: Object = {
            "MerchantRequestID": prompt["request"],
            "CheckoutRequestID": prompt["id"],
            "ResultCode": prompt["result"],
            "ResultDesc": description,
        }
        if prompt["result"] == 0:
            core["CallbackMetadata"] = {"Item": _paid(prompt)}
        told: Object = {"Body": {"stkCallback": core}}
        key, lane, to = fresh_id("mpesa:"), f"mpesa:{prompt['id']}", text(prompt["callback"])
        record: Object = {"t": "mpesa_event", "k": key, "lane": lane, "to": to, "e": told}
        self._world.journal.append(record)
        self._world.delivery.send(Update(key, lane, "mpesa", told, to))
        self._world.watchers.tell(lambda: {"event": "payment", "type": "mpesa", "id": prompt["id"]})

    def _time_out_later(self, prompt: Object) -> None:
        def end() -> None:
            if prompt["result"] is None:
                self.end(prompt, "timeout")

        ends = prompt["ends"]
        left = max(0.0, ends - time.time()) if isinstance(ends, float) else 0.0
        asyncio.get_running_loop().call_later(left, end)


def _paid(prompt: Object) -> list[Object]:
    """What a callback tells of a payment; the balance has no value, and the amount is a float."""
    return [
        {"Name": "Amount", "Value": float(whole(prompt["amount"]))},
        {"Name": "MpesaReceiptNumber", "Value": prompt["receipt"]},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(time.strftime("%Y%m%d%H%M%S"))},
        {"Name": "PhoneNumber", "Value": whole(prompt["phone"])},
    ]
