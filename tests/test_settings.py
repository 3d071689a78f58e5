"""The settings: .env.example is complete, and a mistake is one line naming the variable."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, database_url, read, simulated

ROOT = Path(__file__).parents[1]
LONG = "a-long-enough-secret"
PRODUCTION = {
    "ENV": "production",
    "DATABASE_URL": "postgresql://bot:hunter2@db.example/bot",
    "JWT_SECRET": LONG,
    "WHATSAPP_ACCESS_TOKEN": LONG,
    "WHATSAPP_PHONE_NUMBER_ID": "106000000000001",
    "WHATSAPP_APP_SECRET": LONG,
    "WHATSAPP_VERIFY_TOKEN": LONG,
}
PHONEPE = {"PHONEPE_CLIENT_ID": "client", "PHONEPE_CLIENT_SECRET": LONG}
MPESA = {
    "MPESA_CONSUMER_KEY": "key",
    "MPESA_CONSUMER_SECRET": LONG,
    "MPESA_SHORTCODE": "600000",
    "MPESA_PASSKEY": LONG,
    "MPESA_CALLBACK_SECRET": LONG,
}
SANDBOX = "https://api-preprod.phonepe.com/apis/pg-sandbox"

Set = Callable[..., None]


@pytest.fixture(autouse=True)
def set_(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Set:
    """An environment of nothing but what is set here."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def put(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return put


def examples() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if re.match(r"[A-Z]", line)]
    return {name: value for name, _, value in pairs}


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(examples()) == {name.upper() for name in Settings.model_fields}


def test_the_example_shows_the_values_of_nothing_set(tmp_path: Path) -> None:
    nothing = read()
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    assert read() == nothing


def test_every_example_is_explained() -> None:
    """Each block of settings has a line above it that says what they are."""
    blocks = re.split(r"\n\s*\n", (ROOT / ".env.example").read_text().strip())
    assert all(block.startswith("#") for block in blocks)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"PORT": "abc"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"METRICS_PORT": "70000"}, "METRICS_PORT"),
        ({"ENV": "staging"}, "ENV"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"PUBLIC_URL": "example"}, "PUBLIC_URL"),
        ({"DEFAULT_LANGUAGE": "xx"}, "DEFAULT_LANGUAGE"),
        ({"DEFAULT_CURRENCY": "shilling"}, "DEFAULT_CURRENCY"),
        ({"GRACEFUL_STOP_SECONDS": "-1"}, "GRACEFUL_STOP_SECONDS"),
        ({"WHATSAPP_API_VERSION": "26"}, "WHATSAPP_API_VERSION"),
        ({"WHATSAPP_MESSAGES_PER_SECOND": "many"}, "WHATSAPP_MESSAGES_PER_SECOND"),
        ({"WHATSAPP_ACCESS_TOKEN": LONG}, "WHATSAPP_PHONE_NUMBER_ID"),
        ({"GREEN_API_TOKEN": LONG}, "GREEN_API_INSTANCE_ID"),
        ({"SIMULATOR": "perhaps"}, "SIMULATOR"),
        ({**PRODUCTION, "ENV": "development", "SIMULATOR": "true"}, "SIMULATOR"),
        ({"STRIPE_SECRET_KEY": "sk_live_" + LONG}, "STRIPE_SECRET_KEY"),
        ({"PHONEPE_CLIENT_ID": LONG, "PHONEPE_API_URL": SANDBOX}, "PHONEPE_CLIENT_SECRET"),
        (PHONEPE, "PHONEPE_CLIENT_ID"),  # live, beside the simulator
        (MPESA, "MPESA_CONSUMER_KEY"),
        ({**PRODUCTION, **MPESA, "MPESA_PASSKEY": ""}, "MPESA_PASSKEY"),
        ({**PRODUCTION, "PHONEPE_WEBHOOK_CREDENTIALS": "word"}, "PHONEPE_WEBHOOK_CREDENTIALS"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://bot:hunter2@db.example/bot"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://bot:hunter2@db.example"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://bot:hunter2@db.example:port/bot"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://db.example/bot?colour=red"}, "DATABASE_URL"),
    ],
)
def test_a_mistake_is_one_line_that_names_its_variable(
    set_: Set, given: dict[str, str], named: str
) -> None:
    set_(**given)
    with pytest.raises(SettingsError) as error:
        read()
    [line] = str(error.value).splitlines()
    assert line.startswith(f"{named}: ")
    assert "hunter2" not in line  # the database's password


def test_several_mistakes_are_several_lines(set_: Set) -> None:
    set_(PORT="abc", LOG_LEVEL="loud")
    with pytest.raises(SettingsError) as error:
        read()
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == [
        "PORT",
        "LOG_LEVEL",
    ]


# -- production ----------------------------------------------------------------------


def test_production_with_nothing_names_all_it_needs(set_: Set) -> None:
    set_(ENV="production")
    with pytest.raises(SettingsError) as error:
        read()
    named = {line.partition(":")[0] for line in str(error.value).splitlines()}
    assert named == {"WHATSAPP_ACCESS_TOKEN", "DATABASE_URL", "JWT_SECRET"}


def test_production_with_everything_starts(set_: Set) -> None:
    set_(**PRODUCTION)
    assert read().env == "production"
    assert not read().simulator_on


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"JWT_SECRET": "short"}, "JWT_SECRET"),
        ({"WHATSAPP_APP_SECRET": ""}, "WHATSAPP_APP_SECRET"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"STRIPE_SECRET_KEY": "sk_live_" + LONG}, "STRIPE_WEBHOOK_SECRET"),
        (
            {"STRIPE_SECRET_KEY": LONG, "STRIPE_WEBHOOK_SECRET": f"{LONG},short"},
            "STRIPE_WEBHOOK_SECRET",
        ),
        ({"GREEN_API_TOKEN": LONG, "GREEN_API_INSTANCE_ID": "1"}, "GREEN_API_WEBHOOK_TOKEN"),
        (PHONEPE, "PHONEPE_WEBHOOK_CREDENTIALS"),
        ({**MPESA, "MPESA_CALLBACK_SECRET": f"{LONG},short"}, "MPESA_CALLBACK_SECRET"),
    ],
)
def test_production_refuses_weak_or_missing_secrets(
    set_: Set, changed: dict[str, str], named: str
) -> None:
    set_(**PRODUCTION | changed)
    with pytest.raises(SettingsError) as error:
        read()
    [line] = str(error.value).splitlines()
    assert line.startswith(f"{named}: ")


def test_who_can_be_paid_through_is_what_is_set(set_: Set) -> None:
    credentials = {"PHONEPE_WEBHOOK_CREDENTIALS": "somebody:longpassword1"}
    set_(**PRODUCTION | PHONEPE | credentials | MPESA)
    assert read().providers == ("phonepe", "mpesa")


def test_keys_to_practise_with_go_with_the_simulator(set_: Set) -> None:
    set_(**PHONEPE, PHONEPE_API_URL=SANDBOX)
    settings = simulated(read())
    assert settings.phonepe_client_id == "client"
    assert settings.phonepe_api_url.host == "127.0.0.1"  # and never leave this machine


# -- the simulator's secrets ---------------------------------------------------------


def test_made_secrets_are_kept_and_set_ones_used(set_: Set, tmp_path: Path) -> None:
    set_(DATA_DIR=str(tmp_path / "data"), WHATSAPP_VERIFY_TOKEN="mine")
    first, second = simulated(read()), simulated(read())
    assert first.whatsapp_access_token == second.whatsapp_access_token
    assert first.whatsapp_verify_token == "mine"
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("spoilt", ["a file", "damaged"])
def test_a_data_folder_that_cannot_be_used_is_said(set_: Set, tmp_path: Path, spoilt: str) -> None:
    data = tmp_path / "data"
    if spoilt == "a file":
        data.write_text("")
    else:
        data.mkdir()
        (data / "secrets.json").write_text("{")
    set_(DATA_DIR=str(data))
    with pytest.raises(SettingsError, match=r"^DATA_DIR: "):
        simulated(read())


# -- the database's address ----------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h:1/d", "postgresql+asyncpg://u:p@h:1/d"),
        ("postgresql://u:p%40@h/d?sslmode=require", "postgresql+asyncpg://u:p%40@h/d?ssl=require"),
        ("postgresql+asyncpg://u@/d?host=/tmp/s", "postgresql+asyncpg://u@/d?host=%2Ftmp%2Fs"),
    ],
)
def test_any_hosters_way_of_writing_the_address_will_do(given: str, used: str) -> None:
    assert database_url(given) == used
