"""An emulator of the outside world: WhatsApp's Cloud API, payment providers, and the phones of
the people who write.
"""

from bot.simulator.config import DemoPerson, SimulatorConfig, TemplateSeed
from bot.simulator.scripting import LookInside
from bot.simulator.simulator import Simulator

__all__ = ["DemoPerson", "LookInside", "Simulator", "SimulatorConfig", "TemplateSeed"]
