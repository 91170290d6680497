import pandas as pd
import pytest

from manikin.tasks.errors import InputError
from manikin.validation.suite import Check, require, run_suite

TABLE = pd.DataFrame({"image": [0, 1, 2], "fill": [0.5, 0.9, 7.0], "sex": ["male", "female", "dog"]})


def test_good_rows_pass() -> None:
    findings = run_suite(TABLE[:2], [Check("fill", low=0, high=1), Check("sex", values=("male", "female"))], "plan")
    assert all(f["success"] for f in findings)
    require(findings, "the plan", "")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (
            Check("fill", low=0, high=1),
            r"fill is 7.0 in 1 of 3 rows \(the first: 2\), expected to be between 0.0 to 1.0",
        ),
        (Check("sex", values=("male", "female")), "sex is dog in 1 of 3 rows"),
        (Check("colour", low=0), "there is no column colour"),
    ],
)
def test_a_broken_rule_says_what_where_and_what_to_do(check: Check, message: str) -> None:
    findings = run_suite(TABLE, [check], "plan")
    with pytest.raises(InputError, match=message) as error:
        require(findings, "the plan", "do this")
    assert str(error.value).endswith("do this")


def test_a_repeated_number_is_found() -> None:
    findings = run_suite(TABLE.assign(image=[0, 1, 1]), [Check("image", unique=True)], "plan")
    with pytest.raises(InputError, match="image is 1, 1 in 2 of 3 rows"):
        require(findings, "the plan", "")


def test_a_warning_is_reported_and_goes_on() -> None:
    findings = run_suite(TABLE, [Check("fill", low=0, high=1, critical=False)], "plan")
    assert [f["success"] for f in findings] == [True, False]
    require(findings, "the plan", "")
