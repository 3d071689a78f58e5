"""Turns recorded as they were taken, and taken again: on this code, against what was read then."""
