"""Large files that are handed over to a sidecar on the same disk, in place of being sent."""

from __future__ import annotations

import os
import pathlib
import pickle

import pytest
from support.spool_files import spooled

BLOB = bytes(48 * 1024 * 1024)


@pytest.fixture
def directory(sidecar, tmp_path) -> pathlib.Path:
    """Where the sidecar of the test takes files."""
    sidecar.hand_over = tmp_path / "handed"
    sidecar.hand_over.mkdir()
    return sidecar.hand_over


def test_large_files_are_handed_over_and_small_ones_sent(run_flow, sidecar, directory):
    run = run_flow("big", sidecar=sidecar.address, SMALL="1")
    recording = sidecar.one("start")
    assert pickle.loads(recording.files["blob"]["blob.pkl"]) == BLOB
    assert recording.handed == {"blob": ["blob.pkl"], "frame": ["frame.parquet"]}
    assert pickle.loads(recording.files["small"]["small.pkl"]) == b"small"
    assert (run.warnings, os.listdir(directory)) == ([], [])


@pytest.mark.parametrize("odd", ["missing", "relative", "another's", "not writable"])
def test_files_are_sent_where_the_directory_is_no_place_for_them(
    run_flow, sidecar, directory, odd, tmp_path
):
    if odd == "missing":
        directory.rmdir()
    elif odd == "relative":
        sidecar.hand_over = pathlib.Path("handed")
    elif odd == "another's":
        os.chown(directory, 12345, -1)
    else:
        # Nobody's permissions stop root, but that a file is where the directory should be does.
        directory.rmdir()
        directory.write_text("")
    run = run_flow("big", sidecar=sidecar.address)
    recording = sidecar.one("start")
    assert pickle.loads(recording.files["blob"]["blob.pkl"]) == BLOB
    assert (recording.handed, run.warnings) == ({}, [])


def test_what_the_sidecar_s_disk_does_not_take_is_kept_in_the_spool(
    keep_flow, sidecar, directory, spool
):
    run = keep_flow("big", sidecar=sidecar.address, FILE_LIMIT=str(16 * 1024 * 1024))
    (warning,) = run.warnings
    assert "blob is left out" in warning
    assert "the sidecar's disk takes no more: file too large" in warning
    assert "its data is kept in" in warning
    start = spooled(spool)["start"]
    assert "file too large" in start.skipped["blob"]
    assert start.close is not None
    assert os.listdir(directory) == []
    assert sidecar.one("end").close is not None


def test_a_sidecar_that_says_it_works_is_waited_for(run_flow, sidecar, directory):
    """Longer than one is that says nothing."""
    sidecar.works_for_s = 2.5
    run = run_flow("big", sidecar=sidecar.address, METAFLOW_WANDB_TIMEOUT="1")
    (recording,) = sidecar.by_step("start")
    assert recording.close is not None
    assert run.warnings == []


def test_a_sidecar_that_goes_while_it_takes_a_file_gets_all_of_it_again(
    run_flow, sidecar, directory
):
    sidecar.aborts_after = "file of blob"
    run = run_flow("big", sidecar=sidecar.address)
    lost, taken = sidecar.by_step("start")
    assert (lost.close, run.warnings) == (None, [])
    assert pickle.loads(taken.files["blob"]["blob.pkl"]) == BLOB
    assert "frame.parquet" in taken.files["frame"]
