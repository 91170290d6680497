"""Great Expectations over a table in memory: run a suite, and say in one line what failed.

A check is critical (the run ends) or a warning (the report shows it). Great Expectations takes seconds to import, so it is
imported where it is used.
"""

import logging
import os
from dataclasses import dataclass
from typing import Any

import pandas as pd

from manikin.tasks.errors import InputError


@dataclass(frozen=True, slots=True)
class Check:
    """What must be true of one column: within an interval, one of a set, unique, or never null."""

    column: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] | None = None
    unique: bool = False
    critical: bool = True
    mostly: float = 1.0  # share of the rows that must obey


def run_suite(table: pd.DataFrame, checks: list[Check], name: str) -> list[dict[str, Any]]:
    """Return what each check found in a table: column, rule, success, bad rows and examples.

    Args:
        table: the rows.
        checks: what must be true.
        name: of the suite, for the report.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    # This one logger of theirs sets its own level, and tells of a temporary folder at every run.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("memory")
        .add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("rows")
        .get_batch({"dataframe": table})
    )
    suite = gx.ExpectationSuite(name=name)
    rules = [rule for check in checks for rule in _expectations(gx, check)]
    for rule, _ in rules:
        suite.add_expectation(rule)
    outcome = batch.validate(suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": []})
    return [_finding(result, rules) for result in outcome.results]


def _expectations(gx: Any, check: Check) -> list[tuple[Any, Check]]:
    e, column = gx.expectations, check.column
    rules = [e.ExpectColumnValuesToNotBeNull(column=column)]
    if check.low is not None or check.high is not None:
        rules.append(
            e.ExpectColumnValuesToBeBetween(
                column=column, min_value=check.low, max_value=check.high, mostly=check.mostly
            )
        )
    if check.values is not None:
        rules.append(e.ExpectColumnValuesToBeInSet(column=column, value_set=list(check.values), mostly=check.mostly))
    if check.unique:
        rules.append(e.ExpectColumnValuesToBeUnique(column=column))
    return [(rule, check) for rule in rules]


def _finding(result: Any, rules: list[tuple[Any, Check]]) -> dict[str, Any]:
    settings = result.expectation_config
    column = settings.kwargs["column"]
    check = next(c for _, c in rules if c.column == column)
    found = result.result or {}
    return {
        "column": column,
        "rule": settings.type.removeprefix("expect_column_values_to_"),
        "expected": _expected(settings.kwargs),
        "critical": check.critical,
        "success": bool(result.success),
        "rows": int(found.get("element_count", 0)),
        "bad": int(found.get("unexpected_count", 0)),
        "examples": [str(v) for v in found.get("partial_unexpected_list", [])[:3]],
        "where": [int(i) for i in found.get("unexpected_index_list", [])[:3]],
    }


def _expected(kwargs: dict[str, Any]) -> str:
    if "value_set" in kwargs:
        values = [str(v) for v in kwargs["value_set"]]
        return ", ".join(values[:8]) + (f" ... ({len(values)})" if len(values) > 8 else "")
    if "min_value" in kwargs or "max_value" in kwargs:
        return f"{kwargs.get('min_value')} to {kwargs.get('max_value')}"
    return ""


def require(findings: list[dict[str, Any]], what: str, advice: str) -> None:
    """Raise if a critical check failed.

    Args:
        findings: what `run_suite` returned.
        what: the thing checked, as the message names it.
        advice: what to do about it.

    Raises:
        InputError: one line a failed check: column, values, what was expected, rows.
    """
    broken = [f for f in findings if f["critical"] and not f["success"]]
    if broken:
        raise InputError("\n".join([*(f"{what}: {_sentence(f)}" for f in broken), advice]))


def _sentence(finding: dict[str, Any]) -> str:
    if not finding["rows"]:
        return f"there is no column {finding['column']}"
    return (
        f"{finding['column']} is {', '.join(finding['examples']) or 'null'} in {finding['bad']} of {finding['rows']} "
        f"rows (the first: {', '.join(map(str, finding['where']))}), "
        f"expected to {finding['rule'].replace('_', ' ')} {finding['expected']}".rstrip()
    )
