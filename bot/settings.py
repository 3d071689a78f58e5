"""Every setting of the program: the one place where the environment is read."""

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import Field, HttpUrl, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_SECRET = 16  # characters, in production
SIMULATED_NUMBER_ID = "100000000000001"
SIMULATED_NUMBER = "+1 202 555 0100"


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
    data_dir: Path = Path(".data")
    public_url: HttpUrl | None = None
    frontend_url: HttpUrl | None = None
    jwt_secret: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    default_language: str = "en"
    default_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "KES"
    brand_name: str = "Chatterbay"
    graceful_stop_seconds: Annotated[float, Field(gt=0, le=300)] = 20.0

    whatsapp_access_token: str | None = None
    whatsapp_phone_number_id: str | None = None
    whatsapp_business_account_id: str | None = None
    whatsapp_app_secret: str | None = None
    whatsapp_verify_token: str | None = None
    whatsapp_api_url: HttpUrl = HttpUrl("https://graph.facebook.com")
    whatsapp_api_version: Annotated[str, Field(pattern=r"^v\d+\.\d+$")] = "v26.0"
    whatsapp_messages_per_second: Annotated[int, Field(ge=1, le=100_000)] = 80

    green_api_url: HttpUrl = HttpUrl("https://api.green-api.com")
    green_api_instance_id: str | None = None
    green_api_token: str | None = None
    green_api_webhook_token: str | None = None

    stripe_secret_key: str | None = None
    stripe_webhook_secret: Annotated[tuple[str, ...], NoDecode] = ()
    stripe_api_url: HttpUrl = HttpUrl("https://api.stripe.com")

    simulator: bool | None = None  # unset: on when no WhatsApp or Green API token is set

    @field_validator("stripe_webhook_secret", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return (
            [one.strip() for one in value.split(",") if one.strip()]
            if isinstance(value, str)
            else value
        )

    @field_validator("default_language")
    @classmethod
    def _spoken(cls, value: str) -> str:
        from bot.language import LANGUAGES

        if value not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value

    @model_validator(mode="after")
    def _safe(self) -> "Settings":
        if self.simulator and self.has_channel:
            raise ValueError(
                "SIMULATOR cannot be on together with a real WhatsApp or Green API token"
            )
        if self.simulator_on and (self.stripe_secret_key or "").startswith(("sk_live", "rk_live")):
            raise ValueError("SIMULATOR cannot be on together with a live STRIPE_SECRET_KEY")
        if self.env == "production":
            self._production()
        return self

    def _production(self) -> None:
        if self.simulator_on:
            raise ValueError(
                "ENV=production needs a channel: set WHATSAPP_ACCESS_TOKEN or GREEN_API_TOKEN"
                " (the simulator is for development)"
            )
        if self.database_url is None:
            raise ValueError("ENV=production needs DATABASE_URL")
        for name, value in self._needed_secrets().items():
            if value is None or len(value) < SHORTEST_SECRET:
                raise ValueError(f"{name} must be set to at least {SHORTEST_SECRET} characters")

    def _needed_secrets(self) -> dict[str, str | None]:
        needed: dict[str, str | None] = {"JWT_SECRET": self.jwt_secret}
        if self.whatsapp_access_token:
            needed["WHATSAPP_APP_SECRET"] = self.whatsapp_app_secret
        if self.green_api_token:
            needed["GREEN_API_WEBHOOK_TOKEN"] = self.green_api_webhook_token
        if self.stripe_secret_key:
            needed["STRIPE_WEBHOOK_SECRET"] = min(self.stripe_webhook_secret, key=len, default=None)
        return needed

    @property
    def has_channel(self) -> bool:
        return bool(self.whatsapp_access_token or self.green_api_token)

    @property
    def simulator_on(self) -> bool:
        return not self.has_channel if self.simulator is None else self.simulator

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
        """Secrets the simulator needs and nobody set: made once, kept under DATA_DIR."""
        file = self.data_dir / "secrets.json"
        kept: dict[str, str] = orjson.loads(file.read_bytes()) if file.exists() else {}
        names = ("access_token", "app_secret", "verify_token", "stripe_key", "stripe_secret")
        missing = {name: secrets.token_hex(16) for name in names if name not in kept}
        if missing:
            kept |= missing
            self.data_dir.mkdir(parents=True, exist_ok=True)
            with os.fdopen(
                os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as out:
                out.write(orjson.dumps(kept))
        return kept


def simulated(settings: Settings) -> Settings:
    """The settings with everything the simulator stands in for pointed at it."""
    made = settings.made
    return settings.model_copy(
        update={
            "simulator": True,
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
