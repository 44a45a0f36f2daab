"""Real Metaflow flows, recorded by a sidecar that checks the protocol."""

from __future__ import annotations

import io
import json

import pandas as pd

from metaflow_wandb._gen import ingest_pb2 as pb


def test_each_step_sends_what_it_assigned(run_flow, sidecar):
    """A linear flow: every step's own variables, and none of anybody else's."""
    run_flow("linear", sidecar=sidecar.address)

    start, middle, end = (sidecar.one(step) for step in ("start", "middle", "end"))
    assert set(start.variables) == {"raw_df", "note", "numbers", "config", "path"}
    assert json.loads(start.variables["note"].value_json) == "hello"
    assert set(middle.variables) == {"rows", "config", "_private"}
    assert middle.variables["config"].origin == pb.Variable.ORIGIN_MUTATED
    assert set(end.variables) == {"answer", "text"}
    frame = pd.read_parquet(io.BytesIO(start.files["raw_df"]["raw_df.parquet"]))
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}))
    assert start.files["path"] == {"data.csv": b"a,b\n1,2\n"}
    for recording in (start, middle, end):
        assert recording.close.outcome == pb.Close.OUTCOME_OK
