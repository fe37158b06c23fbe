"""A saved progress, taken up only by a trainer that would have made the same one."""

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.network import checked
from bnbook.nn.progress import from_tree


def settings(trainer):
    """What makes the numbers of a run what they are: a file keeps it."""
    optimizer = getattr(trainer.optimizer, "__qualname__", trainer.optimizer)
    return {"network": repr(trainer.network),
            "optimizer": optimizer if isinstance(optimizer, str) else "a function",
            "loss": trainer.loss, "rows": len(trainer.x),
            "batch_size": trainer.batch_size, "seed": trainer.seed,
            "track_running_stats": trainer.track_running_stats,
            "frozen": repr(sorted(trainer.frozen)),
            "skip_nonfinite": trainer.skip_nonfinite}


def resumed(trainer, tree):
    """The Progress in a nested dict, if it fits the trainer; TypeError or ValueError.
    """
    own = settings(trainer)
    made_by = arguments.keyed("made_by", tree.pop("made_by", {}), own)
    for name, expected in own.items():
        if made_by[name] != expected:
            raise ValueError(
                f"{name}: {made_by[name]!r}, expected this trainer's, {expected!r}")
    found = from_tree(tree)
    checked(trainer.network, found.params, trainer.x, found.state or None)
    arguments.keyed("state", found.state, trainer.progress.state)
    if found.val_accuracy:
        checked(trainer.network, found.best_params, trainer.x, found.best_state or None,
                training=False)
    nothing = {name: np.zeros_like(p) for name, p in found.params.items()}
    trainer.optimized(found, nothing)  # refuses a state that is not this optimizer's
    return found
