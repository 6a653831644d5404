"""Who was who, jointly: a vehicle is in one place at a time (联合归因).

The sum over all assignments of tracks to vehicles in which no vehicle is given two tracks that
exclude each other (the marginals of a weighted permanent; Reid, IEEE Trans. Automatic Control
24(6), 1979, and the joint probabilistic data association of Fortmann, Bar-Shalom & Scheffe, IEEE
J. Oceanic Eng. 8(3), 1983). The tracks of one camera share its clock's offset, which is summed over
too: five trucks in a row tell together how wrong the clock is.

Exact as long as no more than `MOST_ASSIGNMENTS` are in play; beyond, the least likely partial
assignments are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_ASSIGNMENTS = 5_000
_NEGLIGIBLE = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Marginals:
    """`vehicle` (m, n) and `nobody` (m,): each row sums to 1 with its `nobody`. `offset` (K,): of
    the clock's offsets.
    """

    vehicle: Floats
    nobody: Floats
    offset: Floats


def marginals(
    weights: Floats,
    stranger: Floats,
    excludes: NDArray[np.bool_],
    prior: Floats,
    unseen: Floats | None = None,
) -> Marginals:
    """Marginal posteriors of m tracks over n vehicles and nobody, under K offsets.

    Args:
        weights: (K, m, n) rate at which vehicle v makes track i, under each offset.
        stranger: (m,) the same for whoever is not among the vehicles; above 0.
        excludes: (m, m) whether two tracks cannot be of one vehicle.
        prior: (K,) of the offsets, sums to 1.
        unseen: (n,) weight of a vehicle that makes no track at all; 1 where absent.
    """
    _, m, n = weights.shape
    # Against "nobody": the common factor of a track drops out of every posterior.
    ratio = weights / stranger[None, :, None]
    if unseen is not None:
        ratio = ratio / unseen[None, None, :]  # a second, later track of it needs no more
    partial = prior[None, :].copy()  # (A, K)
    chosen = np.empty((1, 0), np.int64)  # (A, i): vehicle or -1
    for i in range(m):
        options = _options(ratio[:, i], n)
        grown, rows = [], []
        for v in options:
            free = np.ones(len(chosen), bool)
            if v >= 0 and i:
                taken = chosen == v
                free = ~(taken & excludes[i, :i][None]).any(axis=1)
            factor = ratio[:, i, v] if v >= 0 else np.ones(len(prior))
            if v >= 0 and unseen is not None and i:
                again = (chosen[free] == v).any(axis=1)
                factor = np.where(again[:, None], factor * unseen[v], factor)
                grown.append(partial[free] * factor)
            else:
                grown.append(partial[free] * factor[None])
            extended = np.full((int(free.sum()), i + 1), v, np.int64)
            extended[:, :i] = chosen[free]
            rows.append(extended)
        partial, chosen = np.concatenate(grown), np.concatenate(rows)
        if len(partial) > MOST_ASSIGNMENTS:
            kept = np.argsort(-partial.sum(axis=1), kind="stable")[:MOST_ASSIGNMENTS]
            partial, chosen = partial[kept], chosen[kept]
        partial = partial / partial.sum()
    share = partial.sum(axis=1)
    vehicle = np.zeros((m, n))
    for i in range(m):
        given = chosen[:, i] >= 0
        np.add.at(vehicle[i], chosen[given, i], share[given])
    return Marginals(vehicle, 1 - vehicle.sum(axis=1), partial.sum(axis=0))


def _options(ratio: Floats, n: int) -> Sequence[int]:
    """The vehicles worth a thought for one track, under any offset; -1 is nobody."""
    best = ratio.max(axis=0) if n else np.empty(0)
    worth = best > _NEGLIGIBLE * max(1.0, float(best.max(initial=0.0)))
    return [-1, *np.nonzero(worth)[0].tolist()]
