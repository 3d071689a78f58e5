"""An emulator of Stripe Checkout: sessions, a page to pay on, refunds, and signed events."""
