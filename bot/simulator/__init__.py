"""An emulator of the outside world: WhatsApp's Cloud API, payment providers, and the phones of
the people who write.
"""
