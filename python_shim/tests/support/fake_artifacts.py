"""Artifacts that the fake sidecar's W&B holds."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator

import grpc

from metaflow_wandb._gen import ingest_pb2 as pb

_PIECE = 1000


class FakeArtifacts:
    """Answers UseArtifact and ReadArtifactFile."""

    def __init__(self, released: threading.Event) -> None:
        self.used: list[pb.UseArtifactRequest] = []
        self.read: list[str] = []
        self.hangs = False
        self._released = released
        self._known: dict[str, tuple[pb.UseArtifactResponse, dict[str, bytes]]] = {}

    def put(self, name: str, type_: str, files: dict[str, bytes], **metadata: object) -> None:
        """Hold a version `entity/project/name:v3`, also known as `name:latest`."""
        digest = lambda data: base64.b64encode(hashlib.md5(data).digest()).decode()  # noqa: E731
        found = pb.UseArtifactResponse(
            qualified_name=f"team/things/{name}:v3",
            id="QXJ0aWZhY3Q6Nw==",
            type=type_,
            metadata_json=json.dumps(metadata),
            aliases=["latest", "best"],
            digest="d1",
            size_bytes=sum(len(data) for data in files.values()),
            created_at="2026-01-02T03:04:05Z",
            entries=[
                pb.ArtifactEntry(path=path, digest=digest(data), size_bytes=len(data))
                for path, data in files.items()
            ],
        )
        for key in (f"{name}:latest", found.qualified_name):
            self._known[key] = (found, files)

    def handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        return {
            "UseArtifact": grpc.unary_unary_rpc_method_handler(
                self._use,
                request_deserializer=pb.UseArtifactRequest.FromString,
                response_serializer=pb.UseArtifactResponse.SerializeToString,
            ),
            "ReadArtifactFile": grpc.unary_stream_rpc_method_handler(
                self._read,
                request_deserializer=pb.ReadArtifactFileRequest.FromString,
                response_serializer=pb.ReadArtifactFileResponse.SerializeToString,
            ),
        }

    def _use(
        self, request: pb.UseArtifactRequest, context: grpc.ServicerContext
    ) -> pb.UseArtifactResponse:
        if self.hangs:
            self._released.wait()
        self.used.append(request)
        if request.name not in self._known:
            context.abort(grpc.StatusCode.NOT_FOUND, f"W&B holds no artifact {request.name}")
        return self._known[request.name][0]

    def _read(
        self, request: pb.ReadArtifactFileRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ReadArtifactFileResponse]:
        self.read.append(request.path)
        data = self._known[request.qualified_name][1][request.path]
        for start in range(0, len(data), _PIECE):
            yield pb.ReadArtifactFileResponse(data=data[start : start + _PIECE])


def fill(artifacts: FakeArtifacts) -> None:
    """Put in what the flows of these tests use."""
    artifacts.put("prices", "dataset", {"a.bin": b"a" * 2500, "deep/b.txt": b"b"}, rows=2)
    artifacts.put("net", "model", {"net.txt": b"weights"})
    table = {"_type": "table", "columns": ["x"], "data": [[1], [2]], "ncols": 1, "nrows": 2}
    artifacts.put("scores", "run_table", {"all.table.json": json.dumps(table).encode()})
