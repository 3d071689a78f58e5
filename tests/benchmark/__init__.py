"""How fast the real code is, through the emulator, beside its yardsticks in the same run."""
