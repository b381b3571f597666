"""Fewer points that draw the same curve: what sticks out is kept, and so are both ends."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]


def kept_points(values: npt.NDArray[np.float64], most: int) -> Places:
    """The places of the points to draw: the ends, and the least and the greatest of each of as many equal stretches.

    A chart is fewer pixels wide than a long line has points; an average would hide the one value that matters.

    Args:
        values: in the order in which they are drawn; NaN is a gap.
        most: how many places are returned at most, at least 4.

    Returns:
        Places in `values`, ascending, none twice. All of them, when there are no more than `most`.
    """
    if len(values) <= most:
        return np.arange(len(values))
    edges = np.linspace(1, len(values) - 1, (most - 2) // 2 + 1).astype(np.intp)
    gap = np.isnan(values)
    low, high = np.where(gap, np.inf, values), np.where(gap, -np.inf, values)
    places = [0, len(values) - 1]
    for start, end in pairwise(edges):
        places += [start + low[start:end].argmin(), start + high[start:end].argmax()]
    return np.unique(np.array(places, dtype=np.intp))
