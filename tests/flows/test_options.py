import pytest
from typer.testing import CliRunner

from manikin.flows.cli import app
from manikin.flows.config import SynthConfig
from manikin.flows.synth import synth

FIELDS = SynthConfig.model_fields.items()


def test_prefect_knows_every_field_its_limits_and_its_meaning() -> None:
    shown = synth.parameters.properties
    assert list(shown) == [name for name, _ in FIELDS]
    assert [shown[name]["description"] for name, _ in FIELDS] == [field.description for _, field in FIELDS]
    assert (shown["images"]["minimum"], shown["size"]["maximum"]) == (1, 2048)


def test_the_command_line_has_every_field_as_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = CliRunner().invoke(app, ["synth", "--help"]).stdout
    assert all(f"--{name.replace('_', '-')}" in text for name, _ in FIELDS)
    assert "What poses are sampled from: gmm, gmm-full," in text


def test_a_word_that_is_no_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        synth(colour="red")
