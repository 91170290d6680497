import pytest

from manikin.flows.config import Coverage, Deform, Prior, SynthConfig, checked_config
from manikin.tasks.bodies.evaluate import DEFORMATIONS
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.poses import FILL, RANDOM
from manikin.tasks.poses.fitting import PRIORS


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"images": 0}, "images is 0, expected greater than or equal to 1; change --images"),
        ({"images": -1}, "images is -1, expected greater than or equal to 1; change --images"),
        ({"size": 17000}, "size is 17000, expected less than or equal to 2048; change --size"),
        ({"refresh": ["rendr"]}, "refresh is 'rendr', expected 'body', .*'render', .*change --refresh"),
        ({"prior": "vae"}, "prior is 'vae', expected 'gmm', .*'network' or 'replay'; change --prior"),
        ({"deform": "cloth"}, "deform is 'cloth', expected 'lbs', 'dqs' or 'scape'; change --deform"),
        ({"deform": "scape", "body": "smpl.npz"}, "scape is learned for the default body only; change --deform"),
        ({"age_range": (40, 20)}, "age_range 40 to 20 years is empty"),
        ({"height_range": (0.5, 1.8)}, "height_range 0.5 to 1.8 m leaves what can be made; expected values from 1.35"),
        ({"children_share": 0.7, "elders_share": 0.7}, "are more than 1 together"),
        ({"name": "../x"}, "name is '../x', expected .*change --name"),
        ({"seed": "abc"}, "seed is 'abc', expected .*integer.*change --seed"),
        (
            {"size": 2048},
            "a shard of 256 images of size 2048 takes more than 4 GiB a worker; change --shard to 113 or less",
        ),
        ({"colour": 1}, "colour is no parameter of synth; there are images, size"),
    ],
)
def test_bad_value_says_what_was_expected_and_what_to_do(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        checked_config(**values)


def test_every_wrong_value_is_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        checked_config(images=0, size=0)
    assert len(str(error.value).splitlines()) == 2


def test_defaults_are_valid() -> None:
    assert checked_config() == SynthConfig()


def test_choices_are_those_that_the_stages_know() -> None:
    assert tuple(Prior) == PRIORS
    assert tuple(Deform) == DEFORMATIONS
    assert tuple(Coverage) == (RANDOM, FILL)
