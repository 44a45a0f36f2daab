"""Metaflow's @timeout measures the step, not what we do for it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("order", ["above", "below"])
def test_waiting_for_the_sidecar_is_not_held_against_the_step(run_flow, sidecar, order):
    """The step is done in time; the sidecar hangs for longer than the step may take."""
    sidecar.hangs_after = "snapshot"
    run = run_flow("timely", sidecar=sidecar.address, ORDER=order, METAFLOW_WANDB_TIMEOUT="3")
    (warning,) = run.warnings
    assert "did not answer within 3 s" in warning
    assert "timed out" not in run.output
