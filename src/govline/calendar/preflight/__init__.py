"""What is wrong with a programme before anybody meets it: windows that never open, slots outside the period, lists that never match, rooms that collide. Pure."""

from govline.calendar.preflight.findings import Finding, TownFacts, placed, preflight

__all__ = ["Finding", "TownFacts", "placed", "preflight"]
