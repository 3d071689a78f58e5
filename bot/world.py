"""The world the simulator plays: which number it is, who lives there, where webhooks go."""

from pathlib import Path

from bot.settings import SIMULATED_NUMBER, Settings
from bot.simulator.config import DemoPerson, SimulatorConfig, TemplateSeed

OWNERS = (  # of the demo businesses
    DemoPerson("Duka Bora", "+254700000001", "business"),
    DemoPerson("Kona ya Sanaa", "+254700000002", "business"),
    DemoPerson("Namuna Bazaar", "+12025550171", "business"),
)
PEOPLE = (DemoPerson("Amina", "+254700000010"), *OWNERS, DemoPerson("Baraka", None))


def simulator_config(
    settings: Settings,
    templates: tuple[TemplateSeed, ...],
    product_url: str,
    journal: Path | None,
) -> SimulatorConfig:
    """What the simulator must know to stand in for the outside of these settings."""
    return SimulatorConfig(
        phone_number_id=settings.whatsapp_phone_number_id or "",
        display_phone_number=SIMULATED_NUMBER,
        business_name=settings.brand_name,
        waba_id=settings.whatsapp_business_account_id or "",
        access_token=settings.whatsapp_access_token or "",
        app_secret=settings.whatsapp_app_secret or "",
        stripe_key=settings.stripe_secret_key or "",
        stripe_webhook_secret=(settings.stripe_webhook_secret or ("",))[0],
        phonepe_client_id=settings.phonepe_client_id or "",
        phonepe_client_secret=settings.phonepe_client_secret or "",
        phonepe_webhook=(settings.phonepe_webhook_credentials or ("",))[0],
        mpesa_consumer_key=settings.mpesa_consumer_key or "",
        mpesa_consumer_secret=settings.mpesa_consumer_secret or "",
        mpesa_shortcode=settings.mpesa_shortcode or "",
        mpesa_passkey=settings.mpesa_passkey or "",
        product_url=product_url,
        public_url=settings.public_address,
        journal=journal,
        demo_people=PEOPLE,
        templates=templates,
    )


def product_settings(settings: Settings) -> str:
    """What a product elsewhere must be told to speak with this simulator."""
    told = {
        "WHATSAPP_API_URL": settings.address,
        "WHATSAPP_PHONE_NUMBER_ID": settings.whatsapp_phone_number_id,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": settings.whatsapp_business_account_id,
        "WHATSAPP_ACCESS_TOKEN": settings.whatsapp_access_token,
        "WHATSAPP_APP_SECRET": settings.whatsapp_app_secret,
        "WHATSAPP_VERIFY_TOKEN": settings.whatsapp_verify_token,
        "STRIPE_API_URL": settings.address,
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "STRIPE_WEBHOOK_SECRET": ",".join(settings.stripe_webhook_secret),
        "PHONEPE_API_URL": settings.phonepe_api_url,
        "PHONEPE_AUTH_URL": settings.phonepe_auth_url,
        "PHONEPE_CLIENT_ID": settings.phonepe_client_id,
        "PHONEPE_CLIENT_SECRET": settings.phonepe_client_secret,
        "PHONEPE_WEBHOOK_CREDENTIALS": ",".join(settings.phonepe_webhook_credentials),
        "MPESA_API_URL": settings.mpesa_api_url,
        "MPESA_CONSUMER_KEY": settings.mpesa_consumer_key,
        "MPESA_CONSUMER_SECRET": settings.mpesa_consumer_secret,
        "MPESA_SHORTCODE": settings.mpesa_shortcode,
        "MPESA_PASSKEY": settings.mpesa_passkey,
        "MPESA_CALLBACK_SECRET": ",".join(settings.mpesa_callback_secret),
    }
    lines = [f"{name}={value}" for name, value in told.items()]
    head = f"Open {settings.address}/simulator\nThe product's settings for it:"
    return "\n".join([head, *lines])
