"""The fault kit: kill points for one coroutine, and the siege for the whole program."""
