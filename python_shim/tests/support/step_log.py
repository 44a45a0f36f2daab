"""What a step logged itself, as the fake sidecar took it in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb


class Malformed(Exception):
    """The shim broke the protocol."""


@dataclass
class StepLog:
    """Entries in order, and the files that they name."""

    entries: list[pb.LogEntry] = field(default_factory=list)
    files: dict[int, bytes] = field(default_factory=dict)
    complete: set[int] = field(default_factory=set)
    batches: int = 0

    def take_part(self, part: pb.FilePart) -> None:
        if part.file_id == 0 or part.file_id in self.complete or len(part.data) > 1024 * 1024:
            raise Malformed(f"a part of file {part.file_id}")
        self.files[part.file_id] = self.files.get(part.file_id, b"") + part.data
        if part.end_of_file:
            self.complete.add(part.file_id)

    def take(self, metrics: pb.Metrics) -> None:
        self.batches += 1
        for entry in metrics.entries:
            for file_id in file_ids(entry):
                if file_id not in self.complete:
                    raise Malformed(f"file {file_id} is named before its end")
            if not entry.logged_at_us:
                raise Malformed("an entry without a time")
            self.entries.append(entry)

    def kinds(self) -> list[str]:
        return [entry.WhichOneof("entry") for entry in self.entries]

    def all(self, kind: str) -> list[Any]:
        return [getattr(entry, kind) for entry in self.entries if entry.WhichOneof("entry") == kind]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as logged, but for the client's own time stamps."""
        rows = [
            {item.path[0]: strictly(item.value_json) for item in history.items}
            for history in self.all("history")
        ]
        return [{key: row[key] for key in row if key != "_timestamp"} for row in rows]

    def values(self, kind: str) -> dict[str, Any]:
        """What was set of the config or the summary, by path with dots."""
        return {
            ".".join(value.path): strictly(value.value_json)
            for entry in self.all(kind)
            for value in entry.updated
        }

    def file(self, path: str) -> bytes:
        """The last content of a file of the run."""
        return self.files[{file.path: file.file_id for file in self.all("file")}[path]]


def strictly(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise Malformed(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def file_ids(entry: pb.LogEntry) -> list[int]:
    kind = entry.WhichOneof("entry")
    if kind == "file":
        return [entry.file.file_id]
    if kind == "artifact":
        return [each.file_id for each in entry.artifact.entries if not each.reference]
    return []
