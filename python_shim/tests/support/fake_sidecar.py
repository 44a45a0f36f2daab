"""A sidecar for tests: strict about the order of messages, with a plain plan."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._gen.classes import CLASS_RULES
from support.fake_artifacts import FakeArtifacts
from support.step_log import Malformed, StepLog

ENCODINGS = {
    "parquet": pb.ENCODING_PARQUET,
    "pickle": pb.ENCODING_PICKLE,
    "torch": pb.ENCODING_TORCH,
    "files": pb.ENCODING_FILES,
}


@dataclass
class Recording:
    """What arrived of one attempt."""

    open: pb.Open
    snapshot: pb.Snapshot | None = None
    close: pb.Close | None = None
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    encodings: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    chunk_sizes: list[int] = field(default_factory=list)
    # Names of the files that were handed over, by variable.
    handed: dict[str, list[str]] = field(default_factory=dict)
    authorization: str = ""
    log: StepLog = field(default_factory=StepLog)

    @property
    def key(self) -> tuple[str, str, int]:
        task = self.open.task
        return task.step_name, task.task_id, task.attempt

    @property
    def variables(self) -> dict[str, pb.Variable]:
        assert self.snapshot is not None, "no snapshot arrived"
        return {variable.name: variable for variable in self.snapshot.variables}

    def options(self) -> pb.LogOptions:
        for layer in (self.open.step_options, self.open.flow_options, self.open.with_options):
            if layer:
                return layer[0]
        raise AssertionError("a stream without options")


class OutOfOrder(Malformed):
    """The shim broke the protocol."""


class FakeSidecar:
    """Serves RecordTask on a socket or a port, and keeps what arrives."""

    def __init__(self, address: str, tls: grpc.ServerCredentials | None = None) -> None:
        self.recordings: list[Recording] = []
        self.broken: list[str] = []
        self.refuse: Callable[[pb.Open], tuple[grpc.StatusCode, str] | None] = lambda _: None
        self.enabled = True
        self.when_logged: Callable[[Recording], None] = lambda _: None
        self.hangs_after: str | None = None
        self.aborts_after: str | None = None
        # Directory for files that are handed over; None: all of them have to be sent.
        self.hand_over: Path | None = None
        # How long it takes, in seconds, to bring such a file to disk, and how often it says so.
        self.works_for_s = 0.0
        self.says_so_every_s = 0.2
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.artifacts = FakeArtifacts(self._released)
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
        handler = grpc.stream_stream_rpc_method_handler(
            self._record,
            request_deserializer=pb.RecordTaskRequest.FromString,
            response_serializer=pb.RecordTaskResponse.SerializeToString,
        )
        service = grpc.method_handlers_generic_handler(
            "metaflow_wandb.v1.IngestService",
            {"RecordTask": handler, **self.artifacts.handlers()},
        )
        self._server.add_generic_rpc_handlers((service,))
        port = (
            self._server.add_secure_port(address, tls)
            if tls
            else self._server.add_insecure_port(address)
        )
        self.address = address if address.startswith("unix:") else f"127.0.0.1:{port}"
        self._server.start()

    def stop(self) -> None:
        self._released.set()
        self._server.stop(grace=0.2).wait()

    def by_step(self, step: str) -> list[Recording]:
        return [recording for recording in self.recordings if recording.key[0] == step]

    def one(self, step: str) -> Recording:
        (recording,) = self.by_step(step)
        return recording

    def _record(self, requests: Iterator[pb.RecordTaskRequest], context: grpc.ServicerContext):
        try:
            yield from self._conversation(requests, context)
        except Malformed as error:
            self.broken.append(str(error))
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

    def _conversation(self, requests, context):
        opened = next(requests).open
        if not opened.task.flow_name or opened.protocol.major != 1:
            raise OutOfOrder("the first message must be Open")
        refusal = self.refuse(opened)
        if refusal:
            context.abort(*refusal)
        recording = Recording(opened)
        metadata = dict(context.invocation_metadata())
        recording.authorization = metadata.get("authorization", "")
        with self._lock:
            self.recordings.append(recording)
        self._misbehave("open", context)
        yield pb.RecordTaskResponse(opened=self._opened())
        waiting: list[str] = []
        started: dict[str, pb.Chunk] = {}
        for request in requests:
            kind = request.WhichOneof("message")
            message = getattr(request, kind)
            if recording.close is not None:
                raise OutOfOrder(f"{kind} after Close")
            if kind == "snapshot":
                if recording.snapshot is not None:
                    raise OutOfOrder("a second Snapshot")
                recording.snapshot = message
                if opened.lineage_only and any(each.value_json for each in message.variables):
                    raise OutOfOrder("a value of a step that is not logged")
                plan = self._plan(recording)
                waiting = [planned.name for planned in plan.variables if planned.choices]
                self._misbehave("snapshot", context)
                yield pb.RecordTaskResponse(plan=plan)
            elif kind in ("metrics", "file_part"):
                if recording.snapshot is not None:
                    raise OutOfOrder(f"{kind} after Snapshot")
                take = recording.log.take if kind == "metrics" else recording.log.take_part
                take(message)
                self.when_logged(recording)
                self._misbehave(kind, context)
            elif kind == "chunk":
                self._chunk(recording, waiting, started, message)
                self._misbehave(f"chunk of {message.variable}", context)
            elif kind == "handed_file":
                self._handed_file(recording, waiting, started, message)
                self._misbehave(f"file of {message.variable}", context)
                yield from self._working()
            elif kind == "payload_end":
                yield self._payload_end(recording, waiting, message)
            elif kind == "payload_skipped":
                waiting.remove(message.variable)
                recording.files.pop(message.variable, None)
                recording.skipped[message.variable] = message.reason
                yield pb.RecordTaskResponse(stored=pb.Stored(variable=message.variable))
            elif kind == "close":
                if waiting:
                    raise OutOfOrder(f"Close before the payloads of {waiting}")
                if message.outcome == pb.Close.OUTCOME_UNSPECIFIED:
                    raise OutOfOrder("Close without an outcome")
                recording.close = message
                self._misbehave("close", context)
                yield pb.RecordTaskResponse(committed=pb.Committed())
            else:
                raise OutOfOrder(f"{kind} in the middle of a stream")

    def _opened(self) -> pb.Opened:
        return pb.Opened(
            enabled=self.enabled,
            wandb_run_id="run",
            wandb_run_url="https://wandb.example/team/things/runs/run",
            wandb_project="things",
            wandb_entity="team",
        )

    def _misbehave(self, after: str, context: grpc.ServicerContext) -> None:
        if self.hangs_after == after:
            self._released.wait()
        if self.aborts_after == after:
            self.aborts_after = None
            context.abort(grpc.StatusCode.UNAVAILABLE, "going down")

    def _plan(self, recording: Recording) -> pb.Plan:
        if recording.open.lineage_only:
            return pb.Plan()
        options = recording.options()
        planned = []
        for variable in recording.snapshot.variables:
            names = set(variable.type_mro)
            rule = next(
                rule
                for rule in CLASS_RULES
                if (not rule.type_names or names & set(rule.type_names))
                and (rule.needs is None or getattr(options, rule.needs) or rule.type_names == ())
            )
            wanted = rule.needs is not None and getattr(options, rule.needs)
            if variable.origin == pb.Variable.ORIGIN_READ or variable.problem:
                wanted = False
            choices = [
                pb.EncodingChoice(
                    encoding=ENCODINGS[name],
                    file_name="" if name == "files" else f"{variable.name}.{suffix(name)}",
                )
                for name in (rule.encodings if wanted else ())
            ]
            planned.append(pb.PlannedVariable(name=variable.name, choices=choices))
        directory = str(self.hand_over) if self.hand_over else ""
        return pb.Plan(variables=planned, hand_over_directory=directory)

    def _chunk(self, recording, waiting, started, chunk) -> None:
        name = chunk.variable
        if not waiting or waiting[0] != name:
            raise OutOfOrder(f"a chunk of {name} where {waiting[:1]} was due")
        if len(chunk.data) > 1024 * 1024:
            raise OutOfOrder("a chunk larger than 1 MiB")
        previous = started.get(name)
        if previous is None or previous.encoding != chunk.encoding:
            recording.files[name] = {}
        elif not previous.end_of_file and previous.path != chunk.path:
            raise OutOfOrder(f"{chunk.path} began before {previous.path} had ended")
        elif previous.end_of_file and chunk.path in recording.files[name]:
            raise OutOfOrder(f"{chunk.path} after its end")
        files = recording.files[name]
        files[chunk.path] = files.get(chunk.path, b"") + chunk.data
        recording.encodings[name] = chunk.encoding
        recording.chunk_sizes.append(len(chunk.data))
        started[name] = chunk

    def _handed_file(self, recording, waiting, started, handed) -> None:
        """Take what is in the file as if it had been sent, in one piece."""
        if self.hand_over is None or not handed.name.isalnum():
            raise OutOfOrder(f"{handed.name} was handed over, unasked or under an odd name")
        path = self.hand_over / handed.name
        data = path.read_bytes()
        path.unlink()
        if len(data) != handed.size_bytes:
            raise OutOfOrder(f"{handed.name} has {len(data)} bytes, not {handed.size_bytes}")
        recording.handed.setdefault(handed.variable, []).append(handed.path)
        chunk = pb.Chunk(
            variable=handed.variable, encoding=handed.encoding, path=handed.path, end_of_file=True
        )
        self._chunk(recording, waiting, started, chunk)
        recording.files[handed.variable][handed.path] = data

    def _working(self) -> Iterator[pb.RecordTaskResponse]:
        until = time.monotonic() + self.works_for_s
        while time.monotonic() < until:
            time.sleep(self.says_so_every_s)
            yield pb.RecordTaskResponse(working=pb.Working())

    def _payload_end(self, recording, waiting, end) -> pb.RecordTaskResponse:
        name = end.variable
        if not waiting or waiting.pop(0) != name:
            raise OutOfOrder(f"the end of {name} out of turn")
        files = recording.files.setdefault(name, {})
        sizes = sum(len(data) for data in files.values())
        if (end.file_count, end.size_bytes) != (len(files), sizes):
            raise OutOfOrder(f"{name}: {end} does not match what arrived")
        digest = hashlib.sha256(b"".join(files.values())).hexdigest()
        stored = pb.Stored(variable=name, digest=digest, size_bytes=sizes)
        return pb.RecordTaskResponse(stored=stored)


def suffix(encoding: str) -> str:
    return "parquet" if encoding == "parquet" else "pkl"


def unix_address(directory: Path) -> str:
    return f"unix:{directory / 'sidecar.sock'}"
