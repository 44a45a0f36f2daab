"""Tells a user's variables from what Metaflow keeps on the flow object."""

from __future__ import annotations

# Attributes that Metaflow's runtime and its own decorators set on a flow.
_METAFLOW_OWN = frozenset(
    {
        "name",
        "index",
        "input",
        "_EPHEMERAL",
        "_NON_PARAMETERS",
        "_cached_input",
        "_catch_exception",
        "_configs_processed",
        "_control_mapper_tasks",
        "_control_task_is_mapper_zero",
        "_current_step",
        "_datastore",
        "_exception",
        "_flow_state",
        "_foreach_num_splits",
        "_foreach_stack",
        "_foreach_values",
        "_foreach_var",
        "_graph",
        "_graph_info",
        "_iteration_stack",
        "_parallel_ubf_iter",
        "_steps",
        "_success",
        "_task_ok",
        "_transition",
        "_unbounded_foreach",
    }
)


def is_metaflow_own(name: str) -> bool:
    """Say whether Metaflow itself keeps `name` on flows."""
    return name in _METAFLOW_OWN


def is_user_variable(flow_class: type, name: str) -> bool:
    """Say whether `name` is an instance variable of the user.

    Parameters and class attributes are properties of the class in a task, and
    what begins with two underscores Metaflow does not keep.
    """
    if name.startswith("__") or is_metaflow_own(name):
        return False
    return not isinstance(getattr(flow_class, name, None), property)
