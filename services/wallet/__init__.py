"""The wallet: money a person has with us, to pay with and to get back."""

from services.wallet.wallets import Move, Movement, Wallets

__all__ = ["Move", "Movement", "Wallets"]
