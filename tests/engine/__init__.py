"""The engine: receiving, turns, sending, timers, and the whole process under fire."""
