"""One step that makes a large value, and one that ends the flow.

With BENCH_HOW=saved the step writes the value into BENCH_SAVED, with fsync: what has to be done
in any case, beside Metaflow's own work and with whatever that leaves of memory and caches.
"""

import os

import peak
from metaflow import FlowSpec, step

peak.watch()
HOW = os.environ.get("BENCH_HOW", "plain")
KIND = os.environ["BENCH_KIND"]
MIB = int(os.environ["BENCH_MIB"])
if HOW == "ours":
    from metaflow_wandb import wandb_log
elif HOW == "upstream":
    from wandb.integration.metaflow import wandb_log
else:

    def wandb_log(**_):
        """Leave the step as it is."""
        return lambda function: function


def large_value():
    """Return a model or a frame of so many MiB.

    The model's weights are zeros, since Metaflow would spend most of the flow compressing
    others, and what is added to that would be lost in its noise; `torch.save` compresses nothing.
    The frame's values are random: Parquet would make nothing of zeros.
    """
    if KIND == "model":
        import torch

        model = torch.nn.Linear(1024, MIB * 256, bias=False, device="meta").to_empty(device="cpu")
        torch.nn.init.zeros_(model.weight)
        return model
    import numpy as np
    import pandas as pd

    columns = 32
    rows = MIB * 1024 * 1024 // 8 // columns
    data = np.random.default_rng(1).random((rows, columns))
    return pd.DataFrame(data, columns=[f"c{i}" for i in range(columns)])


def save(value):
    """Write the value to the disk as a user would, and leave it there, as a sidecar does."""
    path = os.path.join(os.environ["BENCH_SAVED"], f"saved-{os.getpid()}")
    if KIND == "model":
        import torch

        torch.save(value, path)
    else:
        value.to_parquet(path)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


class Large(FlowSpec):
    """start, end."""

    @wandb_log(datasets=True, models=True)
    @step
    def start(self):
        """Makes it."""
        self.value = large_value()
        if HOW == "saved":
            save(self.value)
        self.next(self.end)

    @step
    def end(self):
        """Passes it on."""


if __name__ == "__main__":
    Large()
