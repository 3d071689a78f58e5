"""What the rounds gave: printed as it comes, as medians with their range, and as JSON."""

import os
import platform
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.benchmark.load import Measured

Cpu = dict[str, float]
"""CPU microseconds a message, by who used them: program, postgres, load."""


@dataclass(frozen=True)
class Round:
    """One round of one line."""

    measured: Measured
    cpu: Cpu


@dataclass
class Figures:
    """All rounds by the name of their line, what each line's name alone does not say, and single
    values (seconds, bytes) beside them."""

    rounds: dict[str, list[Round]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, one: Round, note: str = "") -> None:
        self.rounds.setdefault(name, []).append(one)
        self.notes[name] = note
        print(_line(name, [one]), flush=True)

    def value(self, name: str, value: float, said: str) -> None:
        self.values[name] = value
        print(f"  {name:<44}{said}", flush=True)

    def skip(self, name: str, why: str) -> None:
        self.notes[name] = f"not measured: {why}"
        print(f"  {name:<44}not measured: {why}", flush=True)

    def median(self, name: str) -> float:
        """Messages per second; 0 for what was not measured."""
        rounds = self.rounds.get(name, ())
        return statistics.median(one.measured.per_second for one in rounds) if rounds else 0.0

    def ratio(self, name: str, to: str) -> float | None:
        return round(self.median(name) / self.median(to), 3) if self.median(to) else None

    def cost_ratio(self, name: str, to: str) -> float | None:
        """Of the CPU a message costs the program and PostgreSQL."""
        if name not in self.rounds or to not in self.rounds:
            return None
        cost, base = self._cost(name), self._cost(to)
        return round(cost / base, 3) if base else None

    def _cost(self, name: str) -> float:
        cpu = _cpu(self.rounds[name])
        return cpu["program"] + cpu["postgres"]

    def report(self, ratios: dict[str, float | None]) -> None:
        print("\nmedians [range of the rounds]")
        for name, rounds in self.rounds.items():
            print(_line(name, rounds))
        for name, note in self.notes.items():
            if note:
                print(f"  {name:<44}{note}")
        print("\nratios")
        for name, value in ratios.items():
            print(f"  {name:<44}{'not measured' if value is None else f'{value:.2f}'}")

    def write(self, ratios: dict[str, float | None], file: str) -> None:
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
        figures = {
            name: _figures(rounds) | ({"note": note} if (note := self.notes[name]) else {})
            for name, rounds in self.rounds.items()
        }
        missing = {name: note for name, note in self.notes.items() if name not in figures}
        written = {"machine": machine, "commit": _commit(), **ratios, "figures": figures,
                   "values": self.values, "not_measured": missing}  # fmt: skip
        Path(file).write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2))


def _line(name: str, rounds: list[Round]) -> str:
    per_second, low, high = _spread(rounds, lambda one: one.measured.per_second)
    spread = f" [{low:,.0f}–{high:,.0f}]" if len(rounds) > 1 else ""
    errors = sum(one.measured.errors for one in rounds)
    return (
        f"  {name:<44}{per_second:>8,.0f}/s{spread:<18}"
        f" p50 {_median(rounds, lambda one: one.measured.p50):>7.1f}"
        f" p99 {_median(rounds, lambda one: one.measured.p99):>7.1f} ms   µs "
        + ", ".join(f"{who} {used:.0f}" for who, used in _cpu(rounds).items())
        + (f"   {errors} ERRORS" if errors else "")
    )


def _figures(rounds: list[Round]) -> dict[str, Any]:
    per_second, low, high = _spread(rounds, lambda one: one.measured.per_second)
    return {
        "per_second": round(per_second),
        "range": [round(low), round(high)],
        "p50_ms": _median(rounds, lambda one: one.measured.p50),
        "p99_ms": _median(rounds, lambda one: one.measured.p99),
        "messages": sum(one.measured.count for one in rounds),
        "errors": sum(one.measured.errors for one in rounds),
        "cpu_us_per_message": {who: round(used) for who, used in _cpu(rounds).items()},
    }


def _spread(rounds: list[Round], of: Callable[[Round], float]) -> tuple[float, float, float]:
    values = [of(one) for one in rounds]
    return statistics.median(values), min(values), max(values)


def _median(rounds: list[Round], of: Callable[[Round], float]) -> float:
    return statistics.median(of(one) for one in rounds)


def _cpu(rounds: list[Round]) -> Cpu:
    return {who: statistics.median(one.cpu[who] for one in rounds) for who in rounds[0].cpu}


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
