"""Nothing that goes wrong with logging is felt by the flow."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import grpc
import pytest
from support.fake_sidecar import FakeSidecar
from support.plain import stored_hashes, without_prefix
from support.spool_files import spooled

from metaflow_wandb._gen import ingest_pb2 as pb

# Made for these tests alone, for a hundred years; the key of their CA was thrown away.
TLS = Path(__file__).parent / "support" / "tls"
ALL = "wandb_log:datasets=True,models=True,others=True"


def test_decorated_flow_stores_and_prints_the_same(recorded):
    """Artifacts, content hashes and output are those of the flow without the decorator."""
    plain, decorated = recorded("values"), recorded("values", "run", "--with", ALL)

    assert len(plain.sidecar.recordings) == 0
    assert len(decorated.sidecar.recordings) == 3
    assert len(stored_hashes(plain.run.root)) > 20
    assert stored_hashes(decorated.run.root) == stored_hashes(plain.run.root)
    assert without_prefix(decorated.run.output) == without_prefix(plain.run.output)


def test_only_variables_of_the_step_are_sent(recorded):
    """Not what was deleted, nor class attributes; what came in by the back door counts."""
    sidecar = recorded("values", "run", "--with", ALL).sidecar
    start = sidecar.one("start")
    assert set(start.variables) == {"text", "number", "nested", "raw", "_mine", "smuggled"}
    assert set(sidecar.one("middle").variables) == {"number", "nested", "same", "text"}
    assert {each.name for each in start.close.content_hashes} == set(start.variables)


def test_no_heavy_module_is_imported(recorded):
    """A task that uses neither pandas nor torch does not load them for our sake."""

    def loaded(*arguments):
        output = recorded("values", *arguments).run.output
        (line,) = [line for line in output.splitlines() if "LOADED" in line]
        return line.partition("LOADED")[2]

    assert loaded("run", "--with", ALL) == loaded()
    assert "wandb" not in loaded()


def test_absent_sidecar_costs_one_line_a_run(run_flow):
    """No socket: the flow runs, and one of its tasks says where the data is."""
    run = run_flow("branches")
    (warning,) = run.warnings
    assert "no sidecar at" in warning
    assert "metaflow-wandb serve" in warning


def test_refusing_port_costs_one_line_a_run(run_flow):
    """Nobody listens: the same."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        run = run_flow("branches", sidecar=address)
    (warning,) = run.warnings
    assert f"no sidecar answers at {address}" in warning


@pytest.mark.parametrize("after", ["open", "snapshot", "close"])
def test_hanging_sidecar_is_waited_for_once(keep_flow, sidecar, spool, after):
    """A sidecar that takes a message and stands still holds one task, within the bound."""
    sidecar.hangs_after = after
    run = keep_flow("failing", sidecar=sidecar.address, HOW="fine", METAFLOW_WANDB_TIMEOUT="1")
    (warning,) = run.warnings
    assert "did not answer within 1 s; the flow runs on, and its data is kept in" in warning
    assert [recording.key[0] for recording in sidecar.recordings] == ["start"]
    kept = spooled(spool)
    assert set(kept) == {"start", "end"}
    assert b"partial" in kept["start"].files["blob"]["blob.pkl"]


@pytest.mark.parametrize("variable", ["blob", "frame"])
def test_sidecar_that_stops_reading_is_given_up(keep_flow, sidecar, spool, variable):
    """In the middle of a payload, whichever library is writing it; the file begins anew."""
    sidecar.hangs_after = f"chunk of {variable}"
    run = keep_flow("big", sidecar=sidecar.address, METAFLOW_WANDB_TIMEOUT="1")
    (warning,) = run.warnings
    assert "did not answer within 1 s" in warning
    start = spooled(spool)["start"]
    assert (start.kinds[0], start.kinds[1], start.kinds[-1]) == ("open", "snapshot", "close")
    for name, end in start.ended.items():
        (file,) = start.files[name].values()
        assert len(file) == end.size_bytes
    assert start.ended["blob"].size_bytes > 48 * 1024 * 1024
    assert set(start.ended) == {"blob", "frame"}


def test_sidecar_lost_within_a_payload_gets_all_of_it_again(run_flow, sidecar):
    """The second stream of the attempt holds the whole payload."""
    sidecar.aborts_after = "chunk of frame"
    run = run_flow("big", sidecar=sidecar.address)
    assert run.warnings == []
    first, second = sidecar.by_step("start")
    assert first.close is None
    assert len(second.files["blob"]["blob.pkl"]) > 48 * 1024 * 1024
    assert second.close is not None


def test_socket_that_nobody_serves_is_given_up(run_flow, tmp_path):
    """A listener that accepts and never speaks does not hold the flow either."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        run = run_flow("failing", sidecar=address, HOW="fine", METAFLOW_WANDB_TIMEOUT="1")
    assert len(run.warnings) == 1


def test_restarted_sidecar_gets_the_whole_attempt(run_flow, sidecar):
    """A stream that broke under the step is replaced by a new one."""
    broken = []

    def refuse_first(opened):
        if not broken:
            broken.append(opened)
            return grpc.StatusCode.UNAVAILABLE, "restarting"
        return None

    sidecar.refuse = refuse_first
    run = run_flow("linear", sidecar=sidecar.address)
    assert run.warnings == []
    assert sidecar.one("start").files.keys() == {"raw_df", "path"}
    assert sidecar.one("start").close is not None


@pytest.mark.parametrize("switch", [{"METAFLOW_WANDB_DISABLED": "1"}, {"WANDB_MODE": "disabled"}])
def test_switches_turn_logging_off(run_flow, sidecar, switch):
    """Nothing is sent, and nothing is said."""
    run = run_flow("failing", sidecar=sidecar.address, HOW="fine", **switch)
    assert (run.warnings, sidecar.recordings) == ([], [])


def test_proxy_variables_are_ignored(run_flow, sidecar):
    """The sidecar is reached directly where a proxy is set."""
    other = type(sidecar)("127.0.0.1:0")
    proxy = "http://127.0.0.1:9"
    run_flow(
        "failing",
        sidecar=other.address,
        HOW="fine",
        http_proxy=proxy,
        https_proxy=proxy,
        no_proxy="",
    )
    other.stop()
    assert other.one("start").close is not None


def test_token_and_environment_travel(run_flow, sidecar):
    """The token is the call's; what the step's environment says of the W&B run is forwarded."""
    run_flow(
        "failing",
        sidecar=sidecar.address,
        HOW="fine",
        METAFLOW_WANDB_TOKEN="s3cret",
        WANDB_PROJECT="mine",
        WANDB_MODE="offline",
        WANDB_API_KEY="never",
    )
    start = sidecar.one("start")
    assert start.authorization == "Bearer s3cret"
    assert dict(start.open.environment.wandb_env) == {
        "WANDB_PROJECT": "mine",
        "WANDB_MODE": "offline",
    }
    assert b"never" not in start.open.SerializeToString()


def test_mutual_tls(keep_flow):
    """A sidecar elsewhere may ask for a certificate; without one nothing is logged."""
    read = lambda name: (TLS / name).read_bytes()  # noqa: E731
    credentials = grpc.ssl_server_credentials(
        [(read("server.key"), read("server.pem"))], read("ca.pem"), require_client_auth=True
    )
    fake = FakeSidecar("127.0.0.1:0", credentials)
    settings = {"METAFLOW_WANDB_TLS_CA": str(TLS / "ca.pem")}
    client = {
        "METAFLOW_WANDB_TLS_CERT": str(TLS / "client.pem"),
        "METAFLOW_WANDB_TLS_KEY": str(TLS / "client.key"),
    }
    address = fake.address.replace("127.0.0.1", "localhost")
    without = keep_flow("failing", sidecar=address, HOW="fine", **settings)
    assert len(without.warnings) == 1
    assert fake.recordings == []
    with_certificate = keep_flow("failing", sidecar=address, HOW="fine", **settings, **client)
    fake.stop()
    assert with_certificate.warnings == []
    assert fake.one("start").close is not None


def test_sidecar_lost_at_the_end_hears_it_again(run_flow, sidecar):
    """Where there were no payloads, all messages are sent once more."""
    sidecar.aborts_after = "close"
    run = run_flow("values", "run", "--with", "wandb_log", sidecar=sidecar.address)
    assert run.warnings == []
    _, second = sidecar.by_step("start")
    assert second.close is not None
    assert set(second.variables) == {"text", "number", "nested", "raw", "_mine", "smuggled"}


def test_forked_children_neither_hang_nor_speak(run_flow, sidecar):
    """A step may fork in every way; its own stream is the parent's alone."""
    run = run_flow("forking", sidecar=sidecar.address, check=False)
    assert run.returncode == 0, run.output
    assert run.warnings == []
    assert "fork" not in run.output.replace("forking", "")
    start = sidecar.one("start")
    made = {"mapped", "squares", "more", "anew", "told", "loaded", "class_sent", "status", "blob"}
    assert set(start.variables) == made
    assert start.files["blob"]["blob.pkl"].count(b"x") >= 3 * 1024 * 1024


def test_hostile_values_are_left_out_one_by_one(run_flow, sidecar):
    """A value that raises is skipped with its reason; the others are logged."""
    run_flow("hostile", sidecar=sidecar.address)

    start = sidecar.one("start")
    values = {name: each.value_json for name, each in start.variables.items()}
    problems = {name: each.problem for name, each in start.variables.items() if each.problem}
    assert json.loads(values["fine"]) == "fine"
    assert json.loads(values["hostile"]) == {"a": 1}
    assert "contains itself" in values["looped"]
    assert "nested more than" in values["deep"]
    mixed = json.loads(values["mixed"])
    assert (mixed["fine"], list(mixed["odd"])) == (1, ["$omitted"])
    assert json.loads(values["huge"]) == {"$int": "1" + "0" * 5000}
    assert set(problems) == {"many", "colossal"}
    assert "asked by the shim" in start.skipped["exits"]
    assert start.close.outcome == pb.Close.OUTCOME_OK
