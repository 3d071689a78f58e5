"""Every setting of the program: the one place where the environment is read."""

import ipaddress
import os
import secrets
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import Field, HttpUrl, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

SHORTEST_SECRET = 16  # characters, in production
LIVE_HOSTS = ("api.phonepe.com", "api.safaricom.co.ke")  # where money is real
SIMULATED_NUMBER_ID = "100000000000001"
SIMULATED_NUMBER = "+1 202 555 0100"
RECORDED = 0.02  # of real people, when nothing is said
DATABASE_SHAPE = "must look like postgresql://user:password@host:5432/database"


class SettingsError(Exception):
    """The configuration cannot be used; str(e) is one line a setting, each naming it."""


class Settings(BaseSettings):
    """The environment, and `.env` beside it in development. Names are the variables' own."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    env: Literal["development", "production"] = "development"
    database_url: str | None = None  # unset: the embedded PostgreSQL
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None  # of processes without web
    data_dir: Path = Path(".data")
    public_url: HttpUrl | None = None
    frontend_url: HttpUrl | None = None
    jwt_secret: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    default_language: str = "en"
    default_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "KES"
    brand_name: str = "Chatterbay"
    graceful_stop_seconds: Annotated[float, Field(gt=0, le=300)] = 20.0
    unknown_send_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    record_turns: Annotated[float, Field(ge=0, le=1)] | None = None  # unset: see `recorded`
    record_days: Annotated[float, Field(gt=0)] = 14.0
    record_megabytes: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    stopped_number_probe_seconds: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    parked_status_days: Annotated[float, Field(gt=0, le=365)] = 7.0
    received_file_days: Annotated[float, Field(gt=0, le=36_500)] = 90.0
    same_words_most: Annotated[int, Field(ge=0, le=1000)] = 20  # in ten minutes; 0: no limit

    whatsapp_access_token: str | None = None
    whatsapp_phone_number_id: str | None = None
    whatsapp_business_account_id: str | None = None
    whatsapp_app_secret: str | None = None
    whatsapp_verify_token: str | None = None
    whatsapp_api_url: HttpUrl = HttpUrl("https://graph.facebook.com")
    whatsapp_api_version: Annotated[str, Field(pattern=r"^v\d+\.\d+$")] = "v26.0"
    whatsapp_messages_per_second: Annotated[int, Field(ge=1, le=100_000)] = 80
    whatsapp_public_number: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")] | None = (
        None  # E.164
    )
    whatsapp_upload_media: bool | None = None  # unset: where it cannot fetch from us

    green_api_url: HttpUrl = HttpUrl("https://api.green-api.com")
    green_api_media_url: HttpUrl = HttpUrl("https://media.green-api.com")
    green_api_instance_id: str | None = None
    green_api_token: str | None = None
    green_api_webhook_token: str | None = None

    stripe_secret_key: str | None = None
    stripe_webhook_secret: Annotated[tuple[str, ...], NoDecode] = ()
    stripe_api_url: HttpUrl = HttpUrl("https://api.stripe.com")

    phonepe_client_id: str | None = None
    phonepe_client_secret: str | None = None
    phonepe_client_version: str = "1"
    phonepe_webhook_credentials: Annotated[tuple[str, ...], NoDecode] = ()  # username:password
    phonepe_salt_key: str | None = None
    phonepe_salt_index: str = "1"
    phonepe_api_url: HttpUrl = HttpUrl("https://api.phonepe.com/apis/pg")
    phonepe_auth_url: HttpUrl = HttpUrl("https://api.phonepe.com/apis/identity-manager")

    mpesa_consumer_key: str | None = None
    mpesa_consumer_secret: str | None = None
    mpesa_shortcode: str | None = None
    mpesa_passkey: str | None = None
    mpesa_till: str = ""  # of Buy Goods; unset: the short code is a paybill number
    mpesa_callback_secret: Annotated[tuple[str, ...], NoDecode] = ()
    mpesa_api_url: HttpUrl = HttpUrl("https://api.safaricom.co.ke")

    simulator: bool | None = None  # unset: on when no WhatsApp or Green API token is set

    @field_validator(
        "stripe_webhook_secret",
        "phonepe_webhook_credentials",
        "mpesa_callback_secret",
        mode="before",
    )
    @classmethod
    def _several(cls, value: object) -> object:
        return (
            [one.strip() for one in value.split(",") if one.strip()]
            if isinstance(value, str)
            else value
        )

    @field_validator("database_url")
    @classmethod
    def _reachable(cls, value: str | None) -> str | None:
        return database_url(value) if value else None

    @field_validator("default_language")
    @classmethod
    def _spoken(cls, value: str) -> str:
        from bot.language import LANGUAGES

        if value not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value

    @model_validator(mode="after")
    def _safe(self) -> "Settings":
        wrong = [*self._half_set(), *self._unsafe()]
        if self.env == "production":
            wrong += self._production()
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _half_set(self) -> Iterator[str]:
        """A channel needs its number as much as its token, a client its secret."""
        if self.whatsapp_access_token and not self.whatsapp_phone_number_id:
            yield "WHATSAPP_PHONE_NUMBER_ID: must be set together with WHATSAPP_ACCESS_TOKEN"
        if self.green_api_token and not self.green_api_instance_id:
            yield "GREEN_API_INSTANCE_ID: must be set together with GREEN_API_TOKEN"
        if self.phonepe_client_id and not self.phonepe_client_secret:
            yield "PHONEPE_CLIENT_SECRET: must be set together with PHONEPE_CLIENT_ID"
        for name in ("consumer_secret", "shortcode", "passkey", "callback_secret"):
            if self.mpesa_consumer_key and not getattr(self, f"mpesa_{name}"):
                yield f"MPESA_{name.upper()}: must be set together with MPESA_CONSUMER_KEY"
        if not all(_is_pair(pair) for pair in self.phonepe_webhook_credentials):
            yield "PHONEPE_WEBHOOK_CREDENTIALS: must look like username:password"

    def _unsafe(self) -> Iterator[str]:
        """The simulator never runs beside real people or real money."""
        if self.simulator and self.has_channel:
            yield "SIMULATOR: cannot be on together with a real WhatsApp or Green API token"
        if self.simulator_on and (self.stripe_secret_key or "").startswith(("sk_live", "rk_live")):
            yield "STRIPE_SECRET_KEY: a live key cannot be used while the simulator is on"
        if self.simulator_on and self.phonepe_client_id and _is_live(self.phonepe_api_url):
            yield "PHONEPE_CLIENT_ID: a live one cannot be used while the simulator is on"
        if self.simulator_on and self.mpesa_consumer_key and _is_live(self.mpesa_api_url):
            yield "MPESA_CONSUMER_KEY: a live one cannot be used while the simulator is on"

    def _production(self) -> Iterator[str]:
        if self.simulator_on:
            yield (
                "WHATSAPP_ACCESS_TOKEN: ENV=production needs a channel, this or GREEN_API_TOKEN"
                " (the simulator is for development)"
            )
        if self.database_url is None:
            yield "DATABASE_URL: ENV=production needs a database of its own"
        for name, value in self._needed_secrets().items():
            if value is None or len(value) < SHORTEST_SECRET:
                yield f"{name}: must be set to at least {SHORTEST_SECRET} characters in production"

    def _needed_secrets(self) -> dict[str, str | None]:
        needed: dict[str, str | None] = {"JWT_SECRET": self.jwt_secret}
        if self.whatsapp_access_token:
            needed["WHATSAPP_APP_SECRET"] = self.whatsapp_app_secret
        if self.green_api_token:
            needed["GREEN_API_WEBHOOK_TOKEN"] = self.green_api_webhook_token
        if self.stripe_secret_key:
            needed["STRIPE_WEBHOOK_SECRET"] = min(self.stripe_webhook_secret, key=len, default=None)
        if self.phonepe_client_id:
            credentials = self.phonepe_webhook_credentials
            needed["PHONEPE_WEBHOOK_CREDENTIALS"] = min(credentials, key=len, default=None)
        if self.mpesa_consumer_key:
            needed["MPESA_CALLBACK_SECRET"] = min(self.mpesa_callback_secret, key=len, default=None)
        return needed

    @property
    def has_channel(self) -> bool:
        return bool(self.whatsapp_access_token or self.green_api_token)

    @property
    def simulator_on(self) -> bool:
        return not self.has_channel if self.simulator is None else self.simulator

    @property
    def recorded(self) -> float:
        """The share of people whose turns are recorded: all of them where nobody is real."""
        if self.record_turns is not None:
            return self.record_turns
        return 1.0 if self.simulator_on else RECORDED

    @property
    def providers(self) -> tuple[str, ...]:
        """Those that people can pay through, by name."""
        keys = {
            "stripe": self.stripe_secret_key,
            "phonepe": self.phonepe_client_id,
            "mpesa": self.mpesa_consumer_key,
        }
        return tuple(name for name, key in keys.items() if key)

    @property
    def uploads_media(self) -> bool:
        """Whether WhatsApp is given our pictures, as it cannot fetch them from our address."""
        if self.whatsapp_upload_media is None:
            return not self.simulator_on and not is_public(self.public_address)
        return self.whatsapp_upload_media

    @property
    def address(self) -> str:
        """Where this process answers, as seen from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def public_address(self) -> str:
        return str(self.public_url).rstrip("/") if self.public_url else self.address

    @cached_property
    def made(self) -> dict[str, str]:
        """Secrets the simulator needs and nobody set: made once, kept under DATA_DIR.

        Raises SettingsError when they can be neither read nor kept.
        """
        file = self.data_dir / "secrets.json"
        names = (
            "access_token", "app_secret", "verify_token", "stripe_key", "stripe_secret",
            "phonepe_secret", "phonepe_password",
            "mpesa_secret", "mpesa_passkey", "mpesa_callback",
        )  # fmt: skip
        try:
            kept = _read_secrets(file)
            if missing := {name: secrets.token_hex(16) for name in names if name not in kept}:
                kept |= missing
                _write_secrets(file, kept)
        except OSError as error:
            raise SettingsError(f"DATA_DIR: cannot keep {file}: {error.strerror}") from error
        return kept


def is_public(address: str) -> bool:
    """Whether providers can reach an address, by the looks of it."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".test"))


def _is_pair(credentials: str) -> bool:
    username, _, password = credentials.partition(":")
    return bool(username and password)


def _is_live(api: HttpUrl) -> bool:
    return api.host in LIVE_HOSTS


def _read_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        kept: dict[str, str] = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SettingsError(f"DATA_DIR: {file} is damaged; remove it and start again") from error
    return kept


def _write_secrets(file: Path, kept: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(orjson.dumps(kept))


def database_url(given: str) -> str:
    """The address as SQLAlchemy's asyncpg wants it, whichever way the hoster wrote it.

    Raises ValueError; the address holds a password and is never repeated.
    """
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ValueError(DATABASE_SHAPE) from None
    if url.drivername.partition("+")[0] not in ("postgresql", "postgres") or not url.database:
        raise ValueError(DATABASE_SHAPE)
    options = {"ssl" if name == "sslmode" else name: of for name, of in url.query.items()}
    if unknown := options.keys() - {"host", "port", "ssl"}:
        raise ValueError(f"does not know the option {', '.join(sorted(unknown))}")
    url = url.set(drivername="postgresql+asyncpg", query=options)
    return url.render_as_string(hide_password=False)


def simulated(settings: Settings) -> Settings:
    """The settings with everything the simulator stands in for pointed at it."""
    made = settings.made
    return settings.model_copy(
        update={
            "simulator": True,
            "unknown_send_seconds": min(settings.unknown_send_seconds, 2.0),  # its phones are near
            "whatsapp_access_token": made["access_token"],
            "whatsapp_phone_number_id": settings.whatsapp_phone_number_id or SIMULATED_NUMBER_ID,
            "whatsapp_business_account_id": "100000000000000",
            "whatsapp_app_secret": settings.whatsapp_app_secret or made["app_secret"],
            "whatsapp_verify_token": settings.whatsapp_verify_token or made["verify_token"],
            "whatsapp_api_url": HttpUrl(settings.address),
            "stripe_secret_key": settings.stripe_secret_key or "sk_test_" + made["stripe_key"],
            "stripe_webhook_secret": settings.stripe_webhook_secret
            or ("whsec_" + made["stripe_secret"],),
            "stripe_api_url": HttpUrl(settings.address),
            "phonepe_client_id": settings.phonepe_client_id or "SIMULATED",
            "phonepe_client_secret": settings.phonepe_client_secret or made["phonepe_secret"],
            "phonepe_webhook_credentials": settings.phonepe_webhook_credentials
            or ("simulator:" + made["phonepe_password"],),
            "mpesa_consumer_key": settings.mpesa_consumer_key or "SIMULATED",
            "mpesa_consumer_secret": settings.mpesa_consumer_secret or made["mpesa_secret"],
            "mpesa_shortcode": settings.mpesa_shortcode or "600000",
            "mpesa_passkey": settings.mpesa_passkey or made["mpesa_passkey"],
            "mpesa_callback_secret": settings.mpesa_callback_secret or (made["mpesa_callback"],),
            "mpesa_api_url": HttpUrl(f"{settings.address}/daraja"),
            "phonepe_api_url": HttpUrl(f"{settings.address}/phonepe/pg"),
            "phonepe_auth_url": HttpUrl(f"{settings.address}/phonepe/identity-manager"),
        }
    )


def read() -> Settings:
    """The settings of this process. Raises SettingsError with one clear line a mistake."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_line(dict(one)) for one in error.errors())) from error


def _line(error: dict[str, object]) -> str:
    location = error["loc"]
    name = str(location[0]).upper() if isinstance(location, tuple) and location else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
