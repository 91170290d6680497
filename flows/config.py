"""Everything a run can be told, in one flat record, checked before a run exists."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from manikin.tasks.bodies.people import Range, ShapeSettings
from manikin.tasks.errors import InputError


class Stage(StrEnum):
    """The stages, in the order of the graph."""

    BODY = "body"
    FIT = "fit"
    POSES = "poses"
    TEXTURES = "textures"
    BACKGROUNDS = "backgrounds"
    PLAN = "plan"
    RENDER = "render"
    AUGMENT = "augment"
    VALIDATE = "validate"


class Prior(StrEnum):
    """What poses are sampled from: a Gaussian mixture, a Bayesian network over joints, or the examples themselves."""

    GMM = "gmm"
    GMM_FULL = "gmm-full"
    GMM_DIAGONAL = "gmm-diagonal"
    GMM_TIED = "gmm-tied"
    NETWORK = "network"
    REPLAY = "replay"


class Coverage(StrEnum):
    """How poses are spread: as the prior has them, or evenly, also to where it has few."""

    RANDOM = "random"
    FILL = "fill"


class Deform(StrEnum):
    """Linear blend skinning with pose blendshapes, dual quaternions, or SCAPE."""

    LBS = "lbs"
    DQS = "dqs"
    SCAPE = "scape"


class CameraMode(StrEnum):
    """Where cameras stand: at a photographer's height, or anywhere on the sphere around the person."""

    EYE = "eye"
    SPHERE = "sphere"


class Composite(StrEnum):
    """How a person is put into a background."""

    ALPHA = "alpha"
    POISSON = "poisson"
    HARMONIZED = "harmonized"


Images = Annotated[int, Field(ge=1, le=10_000_000, description="How many images to make.")]
Size = Annotated[int, Field(ge=64, le=2048, description="Height and width of an image, pixels.")]
Seed = Annotated[int, Field(ge=0, lt=2**63, description="Same seed, same bytes.")]
Root = Annotated[Path, Field(description="Folder of the stage store; it is created.")]
Name = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="Name of the data set under the root.")
]
Photos = Annotated[Path | None, Field(description="Folder of photos of clothes; the default ones if not given.")]
Places = Annotated[Path | None, Field(description="Folder of photos without people; the default ones if not given.")]
Motion = Annotated[
    Path | None,
    Field(description="Folder of motion: BVH, ASF/AMC, AMASS or SMPL npz, 3D joints; the default clips if not given."),
]
BodyFile = Annotated[
    Path | None,
    Field(description="Body model: SMPL, SMPL-H, SMPL-X or STAR, npz or pkl; the free default if not given."),
]
PosePrior = Annotated[Prior, Field(description="What poses are sampled from.")]
Spread = Annotated[Coverage, Field(description="How poses are spread: as likely as they are, or filling holes.")]
Deformation = Annotated[Deform, Field(description="How skin follows the bones.")]
FemaleShare = Annotated[float, Field(ge=0, le=1, description="Share of women and girls.")]
ChildrenShare = Annotated[float, Field(ge=0, le=1, description="Share of children of 6 to 17 years.")]
EldersShare = Annotated[float, Field(ge=0, le=1, description="Share of people of 70 to 90 years.")]
AgeRange = Annotated[Range, Field(description="Ages of adults, years.")]
HeightRange = Annotated[Range, Field(description="Statures of adults and elders, metres.")]
BmiRange = Annotated[Range, Field(description="Body mass indices of adults and elders, kg/m².")]
WeightRange = Annotated[Range, Field(description="Weights of adults and elders, kg.")]
People = Annotated[
    int | None, Field(ge=1, description="How many different people; another in each image if not given.")
]
Outfits = Annotated[
    int | None, Field(ge=1, description="How many different outfits; another in each image if not given.")
]
Variants = Annotated[int, Field(ge=1, le=64, description="Colours and fabrics that each garment comes in.")]
Cameras = Annotated[CameraMode, Field(description="Where cameras stand.")]
Compositing = Annotated[Composite, Field(description="How people are put into backgrounds.")]
Refresh = Annotated[list[Stage], Field(description="Stages to make again although they are in the store.")]
Workers = Annotated[int, Field(ge=0, le=1024, description="Worker processes; 0 for one a core.")]
Shard = Annotated[int, Field(ge=1, le=4096, description="Images a shard: what one worker writes at once.")]
Strength = Annotated[float, Field(ge=0, le=1, description="Strength of augmentation, 0 for none to 1.")]
Scheduler = Annotated[
    str | None, Field(description="Address of a running Dask scheduler to use instead of own workers.")
]


ANYBODY = ShapeSettings()
PIXEL_BYTES = 9  # of a pixel in all arrays of a shard
SHARD_BYTES = 4 << 30


class SynthConfig(BaseModel):
    """The parameters of one run of the flow `synth`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: Images = 10_000
    size: Size = 256
    seed: Seed = 0
    root: Root = Path("runs")
    name: Name = "synth"
    garments: Photos = None
    backgrounds: Places = None
    mocap: Motion = None
    body: BodyFile = None
    prior: PosePrior = Prior.GMM
    coverage: Spread = Coverage.RANDOM
    deform: Deformation = Deform.LBS
    female_share: FemaleShare = ANYBODY.female_share
    children_share: ChildrenShare = ANYBODY.children_share
    elders_share: EldersShare = ANYBODY.elders_share
    age_range: AgeRange = ANYBODY.age_range
    height_range: HeightRange = ANYBODY.height_range
    bmi_range: BmiRange = ANYBODY.bmi_range
    weight_range: WeightRange = ANYBODY.weight_range
    people: People = None
    outfits: Outfits = None
    variants: Variants = 8
    camera: Cameras = CameraMode.EYE
    composite: Compositing = Composite.HARMONIZED
    augment: Strength = 1.0
    refresh: Refresh = []
    workers: Workers = 0
    shard: Shard = 256
    scheduler: Scheduler = None

    @model_validator(mode="after")
    def _shard_fits(self) -> Self:
        most = SHARD_BYTES // (PIXEL_BYTES * self.size**2)
        if self.shard > max(1, most):
            raise ValueError(
                f"a shard of {self.shard} images of size {self.size} takes more than {SHARD_BYTES >> 30} GiB a worker; "
                f"change --shard to {max(1, most)} or less"
            )
        return self

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        try:
            ShapeSettings(**self.shapes)
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _body_fits(self) -> Self:
        if self.body is not None and self.deform is Deform.SCAPE:
            raise ValueError(
                "scape is learned for the default body only; change --deform to lbs or dqs, or leave out --body"
            )
        return self

    @property
    def shapes(self) -> dict[str, Any]:
        """Return the settings of body shapes by name, as `ShapeSettings` takes them."""
        return {name: getattr(self, name) for name in ShapeSettings.__dataclass_fields__}


def checked_config(**values: Any) -> SynthConfig:
    """Return the configuration that values describe.

    Raises:
        InputError: one line a wrong value: what it is, what was expected, and the option that sets it.
    """
    try:
        return SynthConfig(**values)
    except ValidationError as error:
        raise InputError("\n".join(_explain(e) for e in error.errors())) from None


def _explain(error: Any) -> str:
    if not error["loc"]:  # of several values together
        return str(error["msg"]).removeprefix("Value error, ")
    where = str(error["loc"][0])
    option = "--" + where.replace("_", "-")
    expected = error["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    if where not in SynthConfig.model_fields:
        return f"{where} is no parameter of synth; there are {', '.join(SynthConfig.model_fields)}"
    text = SynthConfig.model_fields[where].description
    return f"{where} is {error['input']!r}, expected {expected}; change {option}. {text}"
