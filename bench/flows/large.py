"""One step that makes a large value, and one that ends the flow."""

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


class Large(FlowSpec):
    """start, end."""

    @wandb_log(datasets=True, models=True)
    @step
    def start(self):
        """Makes it."""
        self.value = large_value()
        self.next(self.end)

    @step
    def end(self):
        """Passes it on."""


if __name__ == "__main__":
    Large()
