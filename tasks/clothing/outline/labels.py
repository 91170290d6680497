"""What people call garments, and the outlines that such garments may have."""

from dataclasses import replace

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import GarmentRejected
from manikin.tasks.clothing.outline.silhouettes import (
    DRESS,
    SIDES,
    SKIRT,
    SLEEVELESS_SHIRT,
    TOP,
    TROUSERS,
    VEST,
    Silhouette,
    Tie,
    Values,
)

_OUTLINES = {
    "top": (TOP, VEST),
    "outerwear": (TOP,),
    "dress": (DRESS, VEST),
    "trousers": (TROUSERS,),
    "shorts": (TROUSERS,),
    "skirt": (SKIRT,),
}

_CATEGORIES = {
    "top": "top|tops|t-shirt|tshirt|tee|longsleeve|long sleeve|shirt|polo|hoodie|undershirt|blouse|sweater|pullover|"
    "jumper|sweatshirt|cardigan|vest|tank top",
    "outerwear": "outerwear|outwear|jacket|blazer|coat|parka|anorak",
    "dress": "dress|gown",
    "trousers": "trousers|pants|jeans|leggings|chinos",
    "shorts": "shorts",
    "skirt": "skirt",
}
# Sleeves that a name promises: the silhouette alone can take a short sleeve that hangs down for a long one, or a long one
# that lies on the body for none.
_SHORT = ("t-shirt", "tshirt", "tee", "polo")
_SLEEVELESS = ("undershirt", "vest", "tank top")
_BARE = ("top", "tops")  # often, as dresses
_SLEEVED = ("shirt", "blouse", "cardigan", *_CATEGORIES["outerwear"].split("|"))
_MOSTLY_LONG = ("blouse", "cardigan")
_LONG = ("longsleeve", "long sleeve", "hoodie", "sweater", "pullover", "jumper", "sweatshirt")
_PROMISED, _COAT_VEST = -0.05, 0.012  # handicaps of a sleeveless outline that a name promises, and of one among coats
_BLOUSE = 1.0  # half chests that their sleeves are long at least: those that hang down the sides look like none
_SPREAD = 0.12  # garment units by which sleeves are apt to miss what a name promises
LABELS = {word: category for category, words in _CATEGORIES.items() for word in words.split("|")}


def word_of(label: str | None) -> str:
    """Return a label as the names of garments are written here."""
    return (label or "").strip().lower().replace("_", " ")


def kinds_of(photo: Photo, label: str | None) -> tuple[tuple[Silhouette, ...], str | None]:
    """Return the outlines to try for a label and the category it names; all, and None, without a label.

    Raises:
        GarmentRejected: the label is none of `LABELS`.
    """
    word = word_of(label)
    if not word:
        return (TOP, VEST, TROUSERS, SKIRT), None
    category = LABELS.get(word)
    if category is None:
        raise GarmentRejected(
            f'photo {photo.path}: label "{label}" is no garment that can be dressed; known: {", ".join(LABELS)}; '
            "or leave the label empty and the silhouette decides"
        )
    outlines: tuple[Silhouette, ...] = _OUTLINES[category]
    if word in _SLEEVELESS:
        outlines = (TOP, replace(VEST, handicap=_PROMISED))
    elif word in _BARE:
        outlines = _OUTLINES["dress"]
    elif word in _SHORT:
        outlines = (_sleeved((0.1, 0.35), _lengths(-1.0, 1.1)),)
    elif word in _LONG:
        outlines = (_sleeved((0.35, 1.0), _lengths(1.0, 2.0)),)
    elif word in _CATEGORIES["outerwear"].split("|"):
        outlines = (_sleeved((0.0, 1.0), _lengths(1.0, 2.0)), replace(VEST, handicap=_COAT_VEST))
    elif word in _SLEEVED:
        outlines = (_sleeved((0.0, 1.0), _lengths(1.0, _BLOUSE if word in _MOSTLY_LONG else 0.7)),)
        if word == "shirt":
            outlines += (SLEEVELESS_SHIRT,)
    return outlines, category


def _sleeved(starts: tuple[float, float], ties: tuple[Tie, ...]) -> Silhouette:
    """Return a top whose sleeves' first guesses are in a range, and that keeps to ties more."""
    low, high = starts
    return replace(TOP, starts=tuple(s for s in TOP.starts if low <= _sleeve(s) < high), ties=TOP.ties + ties)


def _lengths(sign: float, chests: float) -> tuple[Tie, ...]:
    """Return ties of both sleeves: at least so many half chests long (sign 1), or at most (-1)."""
    return tuple(
        Tie(
            {f"sleeve_length1_{side}": -sign, f"sleeve_length2_{side}": -sign, "chest_half": sign * chests},
            *(0.0, _SPREAD),
            is_limit=True,
        )
        for side, _ in SIDES
    )


def _sleeve(start: Values) -> float:
    return sum(start.get(name, TOP.parameters[name][0]) for name in ("sleeve_length1_left", "sleeve_length2_left"))
