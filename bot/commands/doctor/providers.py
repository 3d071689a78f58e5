"""What the doctor asks the providers: do the keys work, are the templates there, can they
reach us.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot.channels.posting import json_or_none
from bot.channels.shapes import listing, mapping, text
from bot.commands.doctor.finding import Finding, note, ok, wrong
from bot.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=10)
CLOCK_APART = 120.0  # seconds: Stripe's signatures live for 300
PAGE = 200  # templates a request lists
SIMULATED = "The simulator plays it: start the program (python -m bot run), then ask again."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A template the product sends, as it must be approved."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a provider said; status 0 when nobody answered."""

    status: int
    body: Any = None
    date: str = ""

    @property
    def code(self) -> str:
        error = mapping(mapping(self.body).get("error"))
        return text(error.get("type")) + f" {error.get('code', '')}".rstrip()


@dataclass
class Providers:
    """Asks on one session. `wanted` are the templates that must be approved."""

    settings: Settings
    http: aiohttp.ClientSession
    wanted: Sequence[Wanted]
    _dates: list[str] = field(default_factory=list)

    async def look(self) -> list[Finding]:
        found: list[Finding] = []
        if self.settings.whatsapp_access_token:
            found += [await self._number(), await self._templates(), await self._webhook()]
        if self.settings.green_api_token:
            found.append(await self._green())
        if self.settings.stripe_secret_key:
            found.append(await self._stripe())
        if self.settings.phonepe_client_id:
            found.append(await self._phonepe())
        if self.settings.mpesa_consumer_key:
            found.append(await self._mpesa())
        return found + self._clock()

    # -- WhatsApp --------------------------------------------------------------------

    async def _number(self) -> Finding:
        answer = await self._graph(self.settings.whatsapp_phone_number_id or "")
        if answer.status == 200:
            quality = text(mapping(answer.body).get("quality_rating")) or "not rated"
            return ok("whatsapp", f"the token opens the number (quality: {quality.lower()})")
        return self._refused(
            "whatsapp", answer, "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"
        )

    async def _templates(self) -> Finding:
        account = self.settings.whatsapp_business_account_id
        if not account:
            return note(
                "templates",
                "cannot be checked",
                "Set WHATSAPP_BUSINESS_ACCOUNT_ID to have them compared with what we send.",
            )
        answer = await self._graph(f"{account}/message_templates?limit={PAGE}")
        if answer.status != 200:
            return self._refused("templates", answer, "WHATSAPP_BUSINESS_ACCOUNT_ID")
        there = {
            (text(one.get("name")), text(one.get("language"))): text(one.get("status"))
            for one in map(mapping, listing(mapping(answer.body).get("data")))
        }
        lacking = [
            f"{one.name} ({one.language}): {there.get((one.name, one.language), 'missing').lower()}"
            for one in self.wanted
            if there.get((one.name, one.language)) != "APPROVED"
        ]
        if lacking:
            return wrong(
                "templates",
                f"{len(lacking)} of {len(self.wanted)} are not approved: {'; '.join(lacking)}",
                "Create them in WhatsApp Manager as in handlers/chat/templates.py; until then"
                " people whose 24 hours are over are not reached.",
            )
        return ok("templates", f"all {len(self.wanted)} are approved")

    async def _webhook(self) -> Finding:
        """The provider's own challenge, at the address we give it."""
        url = f"{self.settings.public_address}/webhooks/whatsapp"
        challenge = secrets.token_hex(8)
        query = {
            "hub.mode": "subscribe",
            "hub.verify_token": self.settings.whatsapp_verify_token or "",
            "hub.challenge": challenge,
        }
        try:
            async with self.http.get(url, params=query, timeout=TIMEOUT) as response:
                status, said = response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return self._silent("webhook", url)
        if status == 200 and said == challenge:
            return ok("webhook", f"{url} answers the challenge")
        return wrong(
            "webhook",
            f"{url} answers {status} to the challenge",
            "It must lead to this program, with this WHATSAPP_VERIFY_TOKEN.",
        )

    async def _graph(self, path: str) -> _Answer:
        settings = self.settings
        root = f"{str(settings.whatsapp_api_url).rstrip('/')}/{settings.whatsapp_api_version}"
        return await self._get(f"{root}/{path}", settings.whatsapp_access_token or "")

    # -- the others ------------------------------------------------------------------

    async def _green(self) -> Finding:
        settings = self.settings
        root = (
            f"{str(settings.green_api_url).rstrip('/')}/waInstance{settings.green_api_instance_id}"
        )
        answer = await self._get(f"{root}/getStateInstance/{settings.green_api_token}")
        state = text(mapping(answer.body).get("stateInstance"))
        if answer.status == 200 and state == "authorized":
            return ok("green api", "the instance is authorized")
        if answer.status == 200:
            return wrong(
                "green api", f"the instance is {state or 'unknown'}", "Scan its QR code again."
            )
        return self._refused("green api", answer, "GREEN_API_TOKEN", "GREEN_API_INSTANCE_ID")

    async def _stripe(self) -> Finding:
        root = str(self.settings.stripe_api_url).rstrip("/")
        key = self.settings.stripe_secret_key or ""
        answer = await self._get(f"{root}/v1/balance", key)
        if answer.status == 200:
            live = key.startswith(("sk_live", "rk_live"))
            return ok("stripe", f"the key works ({'live' if live else 'test'} mode)")
        return self._refused("stripe", answer, "STRIPE_SECRET_KEY")

    async def _phonepe(self) -> Finding:
        settings = self.settings
        form = {
            "client_id": settings.phonepe_client_id,
            "client_secret": settings.phonepe_client_secret or "",
            "client_version": settings.phonepe_client_version,
            "grant_type": "client_credentials",
        }
        url = f"{str(settings.phonepe_auth_url).rstrip('/')}/v1/oauth/token"
        answer = await self._ask("POST", url, data=form)
        if answer.status == 200 and text(mapping(answer.body).get("access_token")):
            return ok("phonepe", "the client is given a token")
        return self._refused("phonepe", answer, "PHONEPE_CLIENT_ID", "PHONEPE_CLIENT_SECRET")

    async def _mpesa(self) -> Finding:
        settings = self.settings
        key, secret = settings.mpesa_consumer_key or "", settings.mpesa_consumer_secret or ""
        login = aiohttp.encode_basic_auth(key, secret)
        root = str(settings.mpesa_api_url).rstrip("/")
        url = f"{root}/oauth/v1/generate?grant_type=client_credentials"
        answer = await self._ask("GET", url, headers={"Authorization": login})
        if answer.status == 200 and text(mapping(answer.body).get("access_token")):
            return ok("m-pesa", "the app is given a token")
        return self._refused("m-pesa", answer, "MPESA_CONSUMER_KEY", "MPESA_CONSUMER_SECRET")

    def _clock(self) -> list[Finding]:
        """Whether our clock agrees with those that check our signatures and we theirs."""
        for date in self._dates:
            apart = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
            if abs(apart) > CLOCK_APART:
                says = f"our clock is {apart:+.0f} s from the providers'"
                return [wrong("clock", says, "Set it by NTP: their signatures look too old.")]
        return []

    # -- asking ----------------------------------------------------------------------

    async def _get(self, url: str, token: str = "") -> _Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._ask("GET", url, headers=headers)

    async def _ask(self, method: str, url: str, **content: Any) -> _Answer:
        try:
            async with self.http.request(method, url, timeout=TIMEOUT, **content) as response:
                if date := response.headers.get("Date"):
                    self._dates.append(date)
                return _Answer(response.status, json_or_none(await response.read()))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _Answer(0)

    def _refused(self, subject: str, answer: _Answer, *settings: str) -> Finding:
        if answer.status == 0:
            return self._silent(subject, "the provider")
        why = f"the provider answers {answer.status} {answer.code}".rstrip()
        return wrong(subject, why, f"Check {' and '.join(settings)}.")

    def _silent(self, subject: str, who: str) -> Finding:
        if self.settings.simulator:
            return note(subject, "the simulator is not running", SIMULATED)
        advice = "Check the network, the firewall, and the address in the settings."
        return wrong(subject, f"{who} does not answer", advice)
