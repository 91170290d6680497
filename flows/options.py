"""The fields of the configuration as the parameters of a function, for Prefect and for typer, which read them from its signature.

So a parameter stands in one place, `SynthConfig`, and appears in the flow's schema, in the UI and on the command line.
"""

from collections.abc import Callable
from enum import Enum
from inspect import Parameter, Signature
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer

from manikin.flows.config import SynthConfig

Function = TypeVar("Function", bound=Callable[..., Any])


def takes_fields(function: Function) -> Function:
    """Give a function of `**options` the configuration's fields as keyword parameters, types and limits included.

    What each means goes into the docstring, from where Prefect takes it.
    """
    hints = get_type_hints(SynthConfig, include_extras=True)
    meanings = [f"    {name}: {field.description}" for name, field in SynthConfig.model_fields.items()]
    function.__doc__ = "\n".join([f"{function.__doc__}\n\nArgs:", *meanings])
    return _with_parameters(function, [(name, hints[name], _default(name)) for name in SynthConfig.model_fields], [])


def takes_options(function: Function) -> Function:
    """Give a function of `**options` the configuration's fields as command line options, before its own parameters.

    Values arrive as typed, enumerations as words: what is wrong with them is said by `checked_config`.
    """
    fields = []
    for name, field in SynthConfig.model_fields.items():
        kind, choices = _typed(field.annotation)
        help_ = str(field.description).removesuffix(".") + (f": {', '.join(choices)}." if choices else ".")
        fields.append((name, Annotated[kind, typer.Option(help=help_)], _plain(_default(name))))
    own = [p for p in Signature.from_callable(function).parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
    return _with_parameters(function, fields, own)


def _with_parameters(function: Function, fields: list[tuple[str, Any, Any]], own: list[Parameter]) -> Function:
    new = [Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind) for name, kind, default in fields]
    signature = Signature.from_callable(function)
    function.__signature__ = signature.replace(parameters=[*new, *own])  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in [*new, *own]} | {"return": signature.return_annotation}
    return function


def _default(name: str) -> Any:
    return SynthConfig.model_fields[name].get_default(call_default_factory=True)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _typed(kind: Any) -> tuple[Any, list[str]]:
    """Return the type that the command line parses, and the words to choose from."""
    inner = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str, [str(m.value) for m in kind]
    if get_origin(kind) is list:
        return list[str], _typed(inner[0])[1]
    return kind, []
