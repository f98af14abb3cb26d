"""A scenario as a picture: Mermaid flowchart text, to be read by staff beside the YAML."""

from typing import Final

from govline.scenario.definition import (
    AskStep,
    BranchStep,
    Definition,
    DoStep,
    EndStep,
    SayStep,
    Step,
)

__all__ = ["diagram"]

_SHOWN: Final = 40


def diagram(definition: Definition) -> str:
    """Mermaid text: questions are rounded, actions doubly framed, branches diamonds, ends circles."""
    numbers = {name: f"s{number}" for number, name in enumerate(definition.steps)}
    lines = ["flowchart TD", f"  start(( )) --> {numbers[definition.start]}"]
    lines += [f"  {numbers[name]}{_shape(name, step)}" for name, step in definition.steps.items()]
    for name in definition.steps:
        for key, to in definition.targets(name):
            arrow = "-->" if key in {"next", "goto"} else f"-->|{_quoted(key)}|"
            lines.append(f"  {numbers[name]} {arrow} {numbers[to]}")
    return "\n".join(lines) + "\n"


def _shape(name: str, step: Step) -> str:
    if isinstance(step, AskStep):
        return f"({_quoted(name, step.ask)})"
    if isinstance(step, SayStep):
        text = _quoted(name, step.say[0])
        return f"({text})" if step.choices else f"[{text}]"
    if isinstance(step, DoStep):
        return f"[[{_quoted(name, step.do)}]]"
    if isinstance(step, BranchStep):
        return "{" + _quoted(name) + "}"
    return f"(({_quoted(name, step.end)}))" if isinstance(step, EndStep) else f"[{_quoted(name)}]"


def _quoted(*texts: str) -> str:
    shown = [text if len(text) <= _SHOWN else text[:_SHOWN] + "…" for text in texts]
    safe = "<br/>".join(
        text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
        for text in shown
    )
    return '"' + safe.replace("\n", "<br/>") + '"'
