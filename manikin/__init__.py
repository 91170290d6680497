"""Labelled pictures of people from photos of clothes and motion capture."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "open_dataset"]

if TYPE_CHECKING:
    from manikin.storage.dataset import open_dataset


def __getattr__(name: str) -> Any:
    # Zarr and pandas take a second to import: only when a data set is opened.
    if name == "open_dataset":
        from manikin.storage.dataset import open_dataset

        return open_dataset
    raise AttributeError(f"module 'manikin' has no attribute {name!r}")
