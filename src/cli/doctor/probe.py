"""Tells `metaflow-wandb doctor`, as JSON, whether W&B's client can talk to its server, and as whom."""

import json
import sys


def account() -> dict:
    """The account that the client finds, and whether the server takes it."""
    import wandb
    from wandb.errors import UsageError

    found = {"baseUrl": wandb.setup().settings.base_url}
    try:
        viewer = wandb.Api(timeout=10).viewer
    except UsageError:  # the client's word for: no API key anywhere
        return found
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return {**found, "problem": reason(found["baseUrl"], error)}
    return {**found, "user": viewer.username, "entity": viewer.entity}


def reason(base_url: str, error: Exception) -> str:
    """Why the server didn't answer, since the client speaks of something else where there is none."""
    import requests

    try:
        requests.head(base_url, timeout=5)
    except requests.ConnectionError:
        return "can't be reached"
    except requests.RequestException:
        pass
    return f"{error}".strip().splitlines()[0][:300]


def extension() -> bool | None:
    """Whether Metaflow sees the shim; None where there is no Metaflow."""
    try:
        import metaflow
    except ImportError:
        return None
    return hasattr(metaflow, "wandb_log")


if __name__ == "__main__":
    parts = {"account": account, "extension": extension}
    print(json.dumps(parts[sys.argv[1]]()))
