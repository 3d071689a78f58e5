"""What the doctor sees without asking anybody: the settings, and the data folder."""

import tempfile
from collections.abc import Iterator

from bot.commands.doctor.finding import Finding, note, ok, wrong
from bot.settings import SHORTEST_SECRET, Settings, is_public


def look(settings: Settings) -> Iterator[Finding]:
    yield from _configuration(settings)
    yield _data_folder(settings)


def _configuration(settings: Settings) -> Iterator[Finding]:
    if settings.simulator:
        yield ok("settings", f"ENV={settings.env}, with the simulator: no real person is reached")
        return
    yield ok("settings", f"ENV={settings.env}, for real people")
    if settings.whatsapp_access_token:
        yield from _needed(settings.whatsapp_app_secret, "WHATSAPP_APP_SECRET", "webhooks")
        yield from _needed(settings.whatsapp_verify_token, "WHATSAPP_VERIFY_TOKEN", "the challenge")
    if settings.green_api_token:
        yield from _needed(settings.green_api_webhook_token, "GREEN_API_WEBHOOK_TOKEN", "webhooks")
    if settings.stripe_secret_key:
        secret = min(settings.stripe_webhook_secret, key=len, default=None)
        yield from _needed(secret, "STRIPE_WEBHOOK_SECRET", "payment events")
    if settings.phonepe_client_id:
        secret = min(settings.phonepe_webhook_credentials, key=len, default=None)
        yield from _needed(secret, "PHONEPE_WEBHOOK_CREDENTIALS", "payment events")
    if settings.mpesa_consumer_key:
        secret = min(settings.mpesa_callback_secret, key=len, default=None)
        yield from _needed(secret, "MPESA_CALLBACK_SECRET", "callbacks")
    if not settings.providers:
        yield note("payments", "STRIPE_SECRET_KEY is not set: people can pay in cash only")
    yield _public(settings)


def _needed(value: str | None, name: str, what: str) -> Iterator[Finding]:
    if not value:
        yield wrong("settings", f"{name} is not set", f"Set it: without it {what} are refused.")
    elif len(value) < SHORTEST_SECRET:
        yield note("settings", f"{name} is short", f"Use {SHORTEST_SECRET} characters or more.")


def _public(settings: Settings) -> Finding:
    """Whether the address we call ours can be one that providers reach."""
    if is_public(settings.public_address):
        return ok("public address", f"{settings.public_address} looks public")
    return wrong(
        "public address",
        f"{settings.public_address} cannot be reached by WhatsApp or Stripe",
        "Set PUBLIC_URL to the https address that leads here (a domain, or a tunnel).",
    )


def _data_folder(settings: Settings) -> Finding:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir) as file:
            file.write(b"can be written")
    except OSError as error:
        return wrong(
            "data folder",
            f"{settings.data_dir} cannot be written: {error.strerror}",
            "Give the program's user the folder, or set DATA_DIR to another one.",
        )
    return ok("data folder", f"{settings.data_dir} can be written")
