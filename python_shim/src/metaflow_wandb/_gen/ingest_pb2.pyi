from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODING_UNSPECIFIED: _ClassVar[Encoding]
    ENCODING_PARQUET: _ClassVar[Encoding]
    ENCODING_PICKLE: _ClassVar[Encoding]
    ENCODING_TORCH: _ClassVar[Encoding]
    ENCODING_FILES: _ClassVar[Encoding]
ENCODING_UNSPECIFIED: Encoding
ENCODING_PARQUET: Encoding
ENCODING_PICKLE: Encoding
ENCODING_TORCH: Encoding
ENCODING_FILES: Encoding

class RecordTaskRequest(_message.Message):
    __slots__ = ("open", "metrics", "snapshot", "chunk", "payload_end", "payload_skipped", "close", "file_part", "handed_file")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_END_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SKIPPED_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    FILE_PART_FIELD_NUMBER: _ClassVar[int]
    HANDED_FILE_FIELD_NUMBER: _ClassVar[int]
    open: Open
    metrics: Metrics
    snapshot: Snapshot
    chunk: Chunk
    payload_end: PayloadEnd
    payload_skipped: PayloadSkipped
    close: Close
    file_part: FilePart
    handed_file: HandedFile
    def __init__(self, open: _Optional[_Union[Open, _Mapping]] = ..., metrics: _Optional[_Union[Metrics, _Mapping]] = ..., snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., chunk: _Optional[_Union[Chunk, _Mapping]] = ..., payload_end: _Optional[_Union[PayloadEnd, _Mapping]] = ..., payload_skipped: _Optional[_Union[PayloadSkipped, _Mapping]] = ..., close: _Optional[_Union[Close, _Mapping]] = ..., file_part: _Optional[_Union[FilePart, _Mapping]] = ..., handed_file: _Optional[_Union[HandedFile, _Mapping]] = ...) -> None: ...

class RecordTaskResponse(_message.Message):
    __slots__ = ("opened", "plan", "stored", "committed", "working")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    WORKING_FIELD_NUMBER: _ClassVar[int]
    opened: Opened
    plan: Plan
    stored: Stored
    committed: Committed
    working: Working
    def __init__(self, opened: _Optional[_Union[Opened, _Mapping]] = ..., plan: _Optional[_Union[Plan, _Mapping]] = ..., stored: _Optional[_Union[Stored, _Mapping]] = ..., committed: _Optional[_Union[Committed, _Mapping]] = ..., working: _Optional[_Union[Working, _Mapping]] = ...) -> None: ...

class ProtocolVersion(_message.Message):
    __slots__ = ("major", "minor")
    MAJOR_FIELD_NUMBER: _ClassVar[int]
    MINOR_FIELD_NUMBER: _ClassVar[int]
    major: int
    minor: int
    def __init__(self, major: _Optional[int] = ..., minor: _Optional[int] = ...) -> None: ...

class TaskAttempt(_message.Message):
    __slots__ = ("metadata_provider", "flow_name", "run_id", "step_name", "task_id", "attempt")
    METADATA_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    FLOW_NAME_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    metadata_provider: str
    flow_name: str
    run_id: str
    step_name: str
    task_id: str
    attempt: int
    def __init__(self, metadata_provider: _Optional[str] = ..., flow_name: _Optional[str] = ..., run_id: _Optional[str] = ..., step_name: _Optional[str] = ..., task_id: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...

class LogOptions(_message.Message):
    __slots__ = ("datasets", "models", "others", "enabled", "settings_json", "settings_withheld")
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_JSON_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_WITHHELD_FIELD_NUMBER: _ClassVar[int]
    datasets: bool
    models: bool
    others: bool
    enabled: bool
    settings_json: str
    settings_withheld: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, datasets: bool = ..., models: bool = ..., others: bool = ..., enabled: bool = ..., settings_json: _Optional[str] = ..., settings_withheld: _Optional[_Iterable[str]] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "kind", "value_json", "size_bytes", "digest", "file_name")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Parameter.Kind]
        KIND_PARAMETER: _ClassVar[Parameter.Kind]
        KIND_CONFIG: _ClassVar[Parameter.Kind]
        KIND_INCLUDE_FILE: _ClassVar[Parameter.Kind]
    KIND_UNSPECIFIED: Parameter.Kind
    KIND_PARAMETER: Parameter.Kind
    KIND_CONFIG: Parameter.Kind
    KIND_INCLUDE_FILE: Parameter.Kind
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Parameter.Kind
    value_json: str
    size_bytes: int
    digest: str
    file_name: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Parameter.Kind, str]] = ..., value_json: _Optional[str] = ..., size_bytes: _Optional[int] = ..., digest: _Optional[str] = ..., file_name: _Optional[str] = ...) -> None: ...

class ForeachFrame(_message.Message):
    __slots__ = ("step_name", "variable", "num_splits", "index", "value")
    STEP_NAME_FIELD_NUMBER: _ClassVar[int]
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    NUM_SPLITS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    step_name: str
    variable: str
    num_splits: int
    index: int
    value: str
    def __init__(self, step_name: _Optional[str] = ..., variable: _Optional[str] = ..., num_splits: _Optional[int] = ..., index: _Optional[int] = ..., value: _Optional[str] = ...) -> None: ...

class GitState(_message.Message):
    __slots__ = ("commit", "remote_url", "branch", "root")
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_URL_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    commit: str
    remote_url: str
    branch: str
    root: str
    def __init__(self, commit: _Optional[str] = ..., remote_url: _Optional[str] = ..., branch: _Optional[str] = ..., root: _Optional[str] = ...) -> None: ...

class Environment(_message.Message):
    __slots__ = ("host", "os", "python_version", "executable", "program", "arguments", "cpu_count", "username", "git", "wandb_env", "derived_project", "shim_version", "metaflow_version", "working_directory")
    class WandbEnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HOST_FIELD_NUMBER: _ClassVar[int]
    OS_FIELD_NUMBER: _ClassVar[int]
    PYTHON_VERSION_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    CPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    GIT_FIELD_NUMBER: _ClassVar[int]
    WANDB_ENV_FIELD_NUMBER: _ClassVar[int]
    DERIVED_PROJECT_FIELD_NUMBER: _ClassVar[int]
    SHIM_VERSION_FIELD_NUMBER: _ClassVar[int]
    METAFLOW_VERSION_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    host: str
    os: str
    python_version: str
    executable: str
    program: str
    arguments: _containers.RepeatedScalarFieldContainer[str]
    cpu_count: int
    username: str
    git: GitState
    wandb_env: _containers.ScalarMap[str, str]
    derived_project: str
    shim_version: str
    metaflow_version: str
    working_directory: str
    def __init__(self, host: _Optional[str] = ..., os: _Optional[str] = ..., python_version: _Optional[str] = ..., executable: _Optional[str] = ..., program: _Optional[str] = ..., arguments: _Optional[_Iterable[str]] = ..., cpu_count: _Optional[int] = ..., username: _Optional[str] = ..., git: _Optional[_Union[GitState, _Mapping]] = ..., wandb_env: _Optional[_Mapping[str, str]] = ..., derived_project: _Optional[str] = ..., shim_version: _Optional[str] = ..., metaflow_version: _Optional[str] = ..., working_directory: _Optional[str] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ("protocol", "task", "step_options", "flow_options", "with_options", "parameters", "tags", "system_tags", "project_name", "branch_name", "is_production", "origin_run_id", "foreach_stack", "graph_json", "environment", "started_at_us", "max_attempts", "metaflow_user", "lineage_only", "spooled")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    STEP_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    FLOW_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    WITH_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_TAGS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_NAME_FIELD_NUMBER: _ClassVar[int]
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    IS_PRODUCTION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    FOREACH_STACK_FIELD_NUMBER: _ClassVar[int]
    GRAPH_JSON_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_US_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    METAFLOW_USER_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SPOOLED_FIELD_NUMBER: _ClassVar[int]
    protocol: ProtocolVersion
    task: TaskAttempt
    step_options: _containers.RepeatedCompositeFieldContainer[LogOptions]
    flow_options: _containers.RepeatedCompositeFieldContainer[LogOptions]
    with_options: _containers.RepeatedCompositeFieldContainer[LogOptions]
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    tags: _containers.RepeatedScalarFieldContainer[str]
    system_tags: _containers.RepeatedScalarFieldContainer[str]
    project_name: str
    branch_name: str
    is_production: bool
    origin_run_id: str
    foreach_stack: _containers.RepeatedCompositeFieldContainer[ForeachFrame]
    graph_json: str
    environment: Environment
    started_at_us: int
    max_attempts: int
    metaflow_user: str
    lineage_only: bool
    spooled: bool
    def __init__(self, protocol: _Optional[_Union[ProtocolVersion, _Mapping]] = ..., task: _Optional[_Union[TaskAttempt, _Mapping]] = ..., step_options: _Optional[_Iterable[_Union[LogOptions, _Mapping]]] = ..., flow_options: _Optional[_Iterable[_Union[LogOptions, _Mapping]]] = ..., with_options: _Optional[_Iterable[_Union[LogOptions, _Mapping]]] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., tags: _Optional[_Iterable[str]] = ..., system_tags: _Optional[_Iterable[str]] = ..., project_name: _Optional[str] = ..., branch_name: _Optional[str] = ..., is_production: bool = ..., origin_run_id: _Optional[str] = ..., foreach_stack: _Optional[_Iterable[_Union[ForeachFrame, _Mapping]]] = ..., graph_json: _Optional[str] = ..., environment: _Optional[_Union[Environment, _Mapping]] = ..., started_at_us: _Optional[int] = ..., max_attempts: _Optional[int] = ..., metaflow_user: _Optional[str] = ..., lineage_only: bool = ..., spooled: bool = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("enabled", "wandb_run_id", "wandb_run_url", "notice", "wandb_project", "wandb_entity")
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    WANDB_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    WANDB_RUN_URL_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    WANDB_PROJECT_FIELD_NUMBER: _ClassVar[int]
    WANDB_ENTITY_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    wandb_run_id: str
    wandb_run_url: str
    notice: str
    wandb_project: str
    wandb_entity: str
    def __init__(self, enabled: bool = ..., wandb_run_id: _Optional[str] = ..., wandb_run_url: _Optional[str] = ..., notice: _Optional[str] = ..., wandb_project: _Optional[str] = ..., wandb_entity: _Optional[str] = ...) -> None: ...

class Metrics(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[LogEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[LogEntry, _Mapping]]] = ...) -> None: ...

class LogEntry(_message.Message):
    __slots__ = ("history", "config", "summary", "metric", "file", "artifact", "run_fields", "logged_at_us")
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    LOGGED_AT_US_FIELD_NUMBER: _ClassVar[int]
    history: HistoryEntry
    config: ValuesEntry
    summary: ValuesEntry
    metric: MetricDefinition
    file: RunFile
    artifact: LoggedArtifact
    run_fields: RunFields
    logged_at_us: int
    def __init__(self, history: _Optional[_Union[HistoryEntry, _Mapping]] = ..., config: _Optional[_Union[ValuesEntry, _Mapping]] = ..., summary: _Optional[_Union[ValuesEntry, _Mapping]] = ..., metric: _Optional[_Union[MetricDefinition, _Mapping]] = ..., file: _Optional[_Union[RunFile, _Mapping]] = ..., artifact: _Optional[_Union[LoggedArtifact, _Mapping]] = ..., run_fields: _Optional[_Union[RunFields, _Mapping]] = ..., logged_at_us: _Optional[int] = ...) -> None: ...

class NamedValue(_message.Message):
    __slots__ = ("path", "value_json")
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[str]
    value_json: str
    def __init__(self, path: _Optional[_Iterable[str]] = ..., value_json: _Optional[str] = ...) -> None: ...

class KeyPath(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[_Iterable[str]] = ...) -> None: ...

class HistoryEntry(_message.Message):
    __slots__ = ("items", "step", "commit")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[NamedValue]
    step: int
    commit: bool
    def __init__(self, items: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ..., step: _Optional[int] = ..., commit: bool = ...) -> None: ...

class ValuesEntry(_message.Message):
    __slots__ = ("updated", "removed")
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    updated: _containers.RepeatedCompositeFieldContainer[NamedValue]
    removed: _containers.RepeatedCompositeFieldContainer[KeyPath]
    def __init__(self, updated: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ..., removed: _Optional[_Iterable[_Union[KeyPath, _Mapping]]] = ...) -> None: ...

class MetricDefinition(_message.Message):
    __slots__ = ("name", "step_metric", "step_sync", "hidden", "summary", "goal", "overwrite")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STEP_METRIC_FIELD_NUMBER: _ClassVar[int]
    STEP_SYNC_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    name: str
    step_metric: str
    step_sync: bool
    hidden: bool
    summary: _containers.RepeatedScalarFieldContainer[str]
    goal: str
    overwrite: bool
    def __init__(self, name: _Optional[str] = ..., step_metric: _Optional[str] = ..., step_sync: bool = ..., hidden: bool = ..., summary: _Optional[_Iterable[str]] = ..., goal: _Optional[str] = ..., overwrite: bool = ...) -> None: ...

class FilePart(_message.Message):
    __slots__ = ("file_id", "data", "end_of_file")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_OF_FILE_FIELD_NUMBER: _ClassVar[int]
    file_id: int
    data: bytes
    end_of_file: bool
    def __init__(self, file_id: _Optional[int] = ..., data: _Optional[bytes] = ..., end_of_file: bool = ...) -> None: ...

class RunFile(_message.Message):
    __slots__ = ("path", "file_id")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    path: str
    file_id: int
    def __init__(self, path: _Optional[str] = ..., file_id: _Optional[int] = ...) -> None: ...

class LoggedArtifact(_message.Message):
    __slots__ = ("name", "type", "description", "metadata_json", "aliases", "tags", "client_id", "sequence_client_id", "entries")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    description: str
    metadata_json: str
    aliases: _containers.RepeatedScalarFieldContainer[str]
    tags: _containers.RepeatedScalarFieldContainer[str]
    client_id: str
    sequence_client_id: str
    entries: _containers.RepeatedCompositeFieldContainer[ArtifactEntry]
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., description: _Optional[str] = ..., metadata_json: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ..., tags: _Optional[_Iterable[str]] = ..., client_id: _Optional[str] = ..., sequence_client_id: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[ArtifactEntry, _Mapping]]] = ...) -> None: ...

class ArtifactEntry(_message.Message):
    __slots__ = ("path", "file_id", "reference", "digest", "size_bytes", "extra_json")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    EXTRA_JSON_FIELD_NUMBER: _ClassVar[int]
    path: str
    file_id: int
    reference: str
    digest: str
    size_bytes: int
    extra_json: str
    def __init__(self, path: _Optional[str] = ..., file_id: _Optional[int] = ..., reference: _Optional[str] = ..., digest: _Optional[str] = ..., size_bytes: _Optional[int] = ..., extra_json: _Optional[str] = ...) -> None: ...

class RunFields(_message.Message):
    __slots__ = ("name", "notes", "tags", "tags_set")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TAGS_SET_FIELD_NUMBER: _ClassVar[int]
    name: str
    notes: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    tags_set: bool
    def __init__(self, name: _Optional[str] = ..., notes: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., tags_set: bool = ...) -> None: ...

class UseArtifactRequest(_message.Message):
    __slots__ = ("task", "name", "type")
    TASK_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    task: TaskAttempt
    name: str
    type: str
    def __init__(self, task: _Optional[_Union[TaskAttempt, _Mapping]] = ..., name: _Optional[str] = ..., type: _Optional[str] = ...) -> None: ...

class UseArtifactResponse(_message.Message):
    __slots__ = ("qualified_name", "id", "type", "description", "metadata_json", "aliases", "tags", "digest", "size_bytes", "created_at", "entries")
    QUALIFIED_NAME_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    qualified_name: str
    id: str
    type: str
    description: str
    metadata_json: str
    aliases: _containers.RepeatedScalarFieldContainer[str]
    tags: _containers.RepeatedScalarFieldContainer[str]
    digest: str
    size_bytes: int
    created_at: str
    entries: _containers.RepeatedCompositeFieldContainer[ArtifactEntry]
    def __init__(self, qualified_name: _Optional[str] = ..., id: _Optional[str] = ..., type: _Optional[str] = ..., description: _Optional[str] = ..., metadata_json: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ..., tags: _Optional[_Iterable[str]] = ..., digest: _Optional[str] = ..., size_bytes: _Optional[int] = ..., created_at: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[ArtifactEntry, _Mapping]]] = ...) -> None: ...

class ReadArtifactFileRequest(_message.Message):
    __slots__ = ("task", "qualified_name", "path")
    TASK_FIELD_NUMBER: _ClassVar[int]
    QUALIFIED_NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    task: TaskAttempt
    qualified_name: str
    path: str
    def __init__(self, task: _Optional[_Union[TaskAttempt, _Mapping]] = ..., qualified_name: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class ReadArtifactFileResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class Variable(_message.Message):
    __slots__ = ("name", "type_mro", "size_bytes", "value_json", "problem", "origin", "path_kind")
    class Origin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ORIGIN_UNSPECIFIED: _ClassVar[Variable.Origin]
        ORIGIN_ASSIGNED: _ClassVar[Variable.Origin]
        ORIGIN_MUTATED: _ClassVar[Variable.Origin]
        ORIGIN_READ: _ClassVar[Variable.Origin]
    ORIGIN_UNSPECIFIED: Variable.Origin
    ORIGIN_ASSIGNED: Variable.Origin
    ORIGIN_MUTATED: Variable.Origin
    ORIGIN_READ: Variable.Origin
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_MRO_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PATH_KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    type_mro: _containers.RepeatedScalarFieldContainer[str]
    size_bytes: int
    value_json: str
    problem: str
    origin: Variable.Origin
    path_kind: str
    def __init__(self, name: _Optional[str] = ..., type_mro: _Optional[_Iterable[str]] = ..., size_bytes: _Optional[int] = ..., value_json: _Optional[str] = ..., problem: _Optional[str] = ..., origin: _Optional[_Union[Variable.Origin, str]] = ..., path_kind: _Optional[str] = ...) -> None: ...

class Read(_message.Message):
    __slots__ = ("name", "source", "content_hash")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    name: str
    source: TaskAttempt
    content_hash: str
    def __init__(self, name: _Optional[str] = ..., source: _Optional[_Union[TaskAttempt, _Mapping]] = ..., content_hash: _Optional[str] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("variables", "reads")
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    READS_FIELD_NUMBER: _ClassVar[int]
    variables: _containers.RepeatedCompositeFieldContainer[Variable]
    reads: _containers.RepeatedCompositeFieldContainer[Read]
    def __init__(self, variables: _Optional[_Iterable[_Union[Variable, _Mapping]]] = ..., reads: _Optional[_Iterable[_Union[Read, _Mapping]]] = ...) -> None: ...

class EncodingChoice(_message.Message):
    __slots__ = ("encoding", "file_name")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    file_name: str
    def __init__(self, encoding: _Optional[_Union[Encoding, str]] = ..., file_name: _Optional[str] = ...) -> None: ...

class PlannedVariable(_message.Message):
    __slots__ = ("name", "choices", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    choices: _containers.RepeatedCompositeFieldContainer[EncodingChoice]
    reason: str
    def __init__(self, name: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[EncodingChoice, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class Plan(_message.Message):
    __slots__ = ("variables", "hand_over_directory")
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    HAND_OVER_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    variables: _containers.RepeatedCompositeFieldContainer[PlannedVariable]
    hand_over_directory: str
    def __init__(self, variables: _Optional[_Iterable[_Union[PlannedVariable, _Mapping]]] = ..., hand_over_directory: _Optional[str] = ...) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("variable", "encoding", "path", "data", "end_of_file")
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_OF_FILE_FIELD_NUMBER: _ClassVar[int]
    variable: str
    encoding: Encoding
    path: str
    data: bytes
    end_of_file: bool
    def __init__(self, variable: _Optional[str] = ..., encoding: _Optional[_Union[Encoding, str]] = ..., path: _Optional[str] = ..., data: _Optional[bytes] = ..., end_of_file: bool = ...) -> None: ...

class HandedFile(_message.Message):
    __slots__ = ("variable", "encoding", "path", "name", "size_bytes")
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    variable: str
    encoding: Encoding
    path: str
    name: str
    size_bytes: int
    def __init__(self, variable: _Optional[str] = ..., encoding: _Optional[_Union[Encoding, str]] = ..., path: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Working(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PayloadEnd(_message.Message):
    __slots__ = ("variable", "encoding", "file_count", "size_bytes")
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    variable: str
    encoding: Encoding
    file_count: int
    size_bytes: int
    def __init__(self, variable: _Optional[str] = ..., encoding: _Optional[_Union[Encoding, str]] = ..., file_count: _Optional[int] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class PayloadSkipped(_message.Message):
    __slots__ = ("variable", "reason")
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    variable: str
    reason: str
    def __init__(self, variable: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Stored(_message.Message):
    __slots__ = ("variable", "digest", "size_bytes")
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    variable: str
    digest: str
    size_bytes: int
    def __init__(self, variable: _Optional[str] = ..., digest: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class ContentHash(_message.Message):
    __slots__ = ("name", "content_hash", "inherited_from")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    INHERITED_FROM_FIELD_NUMBER: _ClassVar[int]
    name: str
    content_hash: str
    inherited_from: TaskAttempt
    def __init__(self, name: _Optional[str] = ..., content_hash: _Optional[str] = ..., inherited_from: _Optional[_Union[TaskAttempt, _Mapping]] = ...) -> None: ...

class ExceptionInfo(_message.Message):
    __slots__ = ("type_name", "message", "traceback")
    TYPE_NAME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRACEBACK_FIELD_NUMBER: _ClassVar[int]
    type_name: str
    message: str
    traceback: str
    def __init__(self, type_name: _Optional[str] = ..., message: _Optional[str] = ..., traceback: _Optional[str] = ...) -> None: ...

class Close(_message.Message):
    __slots__ = ("outcome", "exception", "will_retry", "content_hashes", "ended_at_us")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[Close.Outcome]
        OUTCOME_OK: _ClassVar[Close.Outcome]
        OUTCOME_FAILED: _ClassVar[Close.Outcome]
    OUTCOME_UNSPECIFIED: Close.Outcome
    OUTCOME_OK: Close.Outcome
    OUTCOME_FAILED: Close.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    EXCEPTION_FIELD_NUMBER: _ClassVar[int]
    WILL_RETRY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASHES_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_US_FIELD_NUMBER: _ClassVar[int]
    outcome: Close.Outcome
    exception: ExceptionInfo
    will_retry: bool
    content_hashes: _containers.RepeatedCompositeFieldContainer[ContentHash]
    ended_at_us: int
    def __init__(self, outcome: _Optional[_Union[Close.Outcome, str]] = ..., exception: _Optional[_Union[ExceptionInfo, _Mapping]] = ..., will_retry: bool = ..., content_hashes: _Optional[_Iterable[_Union[ContentHash, _Mapping]]] = ..., ended_at_us: _Optional[int] = ...) -> None: ...

class Committed(_message.Message):
    __slots__ = ("logged_variables", "skipped_variables", "notice")
    LOGGED_VARIABLES_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_VARIABLES_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    logged_variables: int
    skipped_variables: int
    notice: str
    def __init__(self, logged_variables: _Optional[int] = ..., skipped_variables: _Optional[int] = ..., notice: _Optional[str] = ...) -> None: ...
