"""Speaks to the sidecar as any gRPC client in Python would: health, reflection, and one whole stream.

usage: grpc_peer.py ADDRESS; prints JSON
"""

import json
import sys
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from metaflow_wandb._gen import ingest_pb2 as pb

SERVICE = "metaflow_wandb.v1.IngestService"


def main(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        method = database.FindFileContainingSymbol(SERVICE).service[0].method[0]
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its methods are made at run time
        status = stub.Check(health_pb2.HealthCheckRequest(service=SERVICE))
        print(
            json.dumps(
                {
                    "health": health_pb2.HealthCheckResponse.ServingStatus.Name(status.status),
                    "services": sorted(database.get_services()),
                    "method": [method.name, method.client_streaming, method.server_streaming],
                    "answers": stream(channel),
                }
            )
        )


def stream(channel: grpc.Channel) -> list:
    """Records an attempt with one value and one payload; returns what kinds of answers came."""
    call = channel.stream_stream(
        f"/{SERVICE}/RecordTask",
        request_serializer=pb.RecordTaskRequest.SerializeToString,
        response_deserializer=pb.RecordTaskResponse.FromString,
    )(requests())
    return [answer.WhichOneof("message") for answer in call]


def requests():
    task = pb.TaskAttempt(flow_name="PeerFlow", run_id="1", step_name="start", task_id="1")
    options = pb.LogOptions(enabled=True, datasets=True)
    yield pb.RecordTaskRequest(
        open=pb.Open(protocol=pb.ProtocolVersion(major=1), task=task, step_options=[options])
    )
    value = pb.Variable(name="n", type_mro=["builtins.int"], value_json="1")
    frame = pb.Variable(name="df", type_mro=["pandas.DataFrame"])
    yield pb.RecordTaskRequest(snapshot=pb.Snapshot(variables=[value, frame]))
    kind = pb.ENCODING_PARQUET
    for data, last in ((b"a" * 1024, False), (b"b", True)):
        chunk = pb.Chunk(variable="df", encoding=kind, path="df.parquet", data=data, end_of_file=last)
        yield pb.RecordTaskRequest(chunk=chunk)
    end = pb.PayloadEnd(variable="df", encoding=kind, file_count=1, size_bytes=1025)
    yield pb.RecordTaskRequest(payload_end=end)
    yield pb.RecordTaskRequest(close=pb.Close(outcome=pb.Close.OUTCOME_OK))


if __name__ == "__main__":
    main(sys.argv[1])
