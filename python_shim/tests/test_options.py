"""What may be written in a decoration, and how it is read."""

from __future__ import annotations

import json

import pytest
import wandb
from metaflow import FlowSpec, step
from metaflow import wandb_log as from_metaflow

from metaflow_wandb import wandb_log
from metaflow_wandb._options import checked_options, options_from_spec
from metaflow_wandb._settings import read_settings

DEFAULTS = {"datasets": False, "models": False, "others": False, "settings": None}


def flow_with(decorate_class=None, decorate_start=None, below=None):
    """Return a flow class decorated as asked."""
    keep = lambda target: target  # noqa: E731

    class SomeFlow(FlowSpec):
        @(decorate_start or keep)
        @step
        @(below or keep)
        def start(self):
            self.next(self.end)

        @step
        def end(self):
            pass

        def helper(self):
            return 1

        @staticmethod
        def static():
            return 2

        @property
        def prop(self):
            return 3

    return (decorate_class or keep)(SomeFlow)


@pytest.mark.parametrize("name", ["datasets", "models", "others", "enabled"])
@pytest.mark.parametrize("value", ["yes", 1, None, [True]])
def test_option_that_is_no_boolean_is_refused(name, value):
    """The error comes at decoration time and names the option."""
    with pytest.raises(TypeError, match=f"option '{name}' must be True or False"):
        wandb_log(**{name: value})


def test_unknown_option_is_refused():
    """So is a keyword that does not exist."""
    with pytest.raises(TypeError, match="dataset"):
        wandb_log(dataset=True)


@pytest.mark.parametrize("settings", ["project", 3, ["a"], {1: "a"}])
def test_settings_of_a_wrong_type_are_refused(settings):
    """A wandb.Settings, a dict or None it must be."""
    with pytest.raises(TypeError, match="'settings'"):
        wandb_log(settings=settings)


@pytest.mark.parametrize("target", [3, "flow", object()])
def test_only_steps_and_flows_can_be_decorated(target):
    """Anything else is refused by type."""
    with pytest.raises(TypeError, match="a step or a FlowSpec class"):
        wandb_log(target)


def test_class_that_is_no_flow_is_refused():
    """A plain class has no steps."""
    with pytest.raises(TypeError, match="Plain"):

        @wandb_log
        class Plain:
            pass


def test_metaflow_offers_the_same_function():
    """`from metaflow import wandb_log`."""
    assert from_metaflow is wandb_log


@pytest.mark.parametrize("decorator", [wandb_log, wandb_log()])
def test_bare_and_called_are_the_same(decorator):
    """With and without parentheses, on a step, below @step and on a class."""
    assert flow_with(decorate_start=decorator).start._kwargs == DEFAULTS
    assert flow_with(below=decorator).start._kwargs == DEFAULTS
    decorated = flow_with(decorate_class=decorator)
    assert decorated.start._kwargs == decorated.end._kwargs == DEFAULTS


def test_marks_are_on_decorated_steps_alone():
    """`_base_func` tells; helpers, static methods and properties stay as they were."""
    flow = flow_with(decorate_start=wandb_log(models=True))
    assert callable(flow.start._base_func)
    assert not hasattr(flow.end, "_base_func")
    decorated = flow_with(decorate_class=wandb_log)
    assert isinstance(decorated, type)
    assert not hasattr(decorated.helper, "_base_func")
    assert decorated.static() == 2
    assert isinstance(decorated.__dict__["prop"], property)


def test_step_keeps_its_own_options_under_a_class():
    """The nearest decoration is the one that is shown."""
    flow = flow_with(wandb_log(datasets=True), wandb_log(models=True))
    assert flow.start._kwargs["models"] is True
    assert flow.start._kwargs["datasets"] is False
    assert flow.end._kwargs["datasets"] is True


def test_inherited_steps_are_marked_without_touching_the_base():
    """Decorating a subclass shows on its inherited steps, not on the base class's."""
    base = flow_with()

    @wandb_log(others=True)
    class Sub(base):
        pass

    assert Sub.start._kwargs["others"] is True
    assert not hasattr(base.start, "_kwargs")
    assert base.start.decorators is not Sub.start.decorators
    assert set(Sub._steps) == {Sub.start, Sub.end}


def test_below_step_leaves_a_plain_step():
    """Metaflow sees a function with its decorator, as if it were written above."""
    flow = flow_with(below=wandb_log(others=True))
    assert [decorator.name for decorator in flow.start.decorators] == ["wandb_log"]
    assert flow.start.is_step
    assert flow.start.__name__ == "start"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("True", True), ("false", False), ("1", True), (0, False), (True, True), (" TRUE ", True)],
)
def test_words_of_the_command_line_are_booleans(word, expected):
    """`--with wandb_log:datasets=True` comes as text, or as Metaflow parsed it."""
    assert options_from_spec({"datasets": word}).datasets is expected


@pytest.mark.parametrize("word", ["yes", "", 2, None])
def test_other_words_are_refused(word):
    """The option is named."""
    with pytest.raises(ValueError, match="option 'models'"):
        options_from_spec({"models": word})


def test_only_set_fields_of_settings_are_sent():
    """A wandb.Settings has hundreds of fields; those that the user set travel."""
    sent = read_settings(wandb.Settings(run_group="g", run_tags=("a", "b")))
    assert json.loads(sent.json) == {"run_group": "g", "run_tags": ["a", "b"]}
    assert read_settings(wandb.Settings()) == ("", ())
    assert read_settings(None) == ("", ())
    assert read_settings({}) == ("", ())


def test_secrets_stay_behind():
    """Their names are told, their values are not."""
    secrets = {
        "api_key": "k" * 40,
        "identity_token_file": "/f",
        "x_extra_http_headers": {"Authorization": "b"},
        "https_proxy": "http://u:p@h",
        "my_secret": "s",
        "azure_account_url_to_access_key": {"https://account": "s"},
        "x_stats_open_metrics_http_headers": {"Authorization": "b"},
        "pass_word_or_passwd": "s",
    }
    sent = read_settings({**secrets, "project": "p", "run_notes": "n"})
    assert json.loads(sent.json) == {"project": "p", "run_notes": "n"}
    assert sent.withheld == tuple(sorted(secrets))
    of_wandb = read_settings(wandb.Settings(api_key="k" * 40, project="p"))
    assert (json.loads(of_wandb.json), of_wandb.withheld) == ({"project": "p"}, ("api_key",))


def test_credentials_in_urls_stay_behind():
    """Wherever a setting holds a URL; the rest of it travels."""
    sent = read_settings(
        {
            "git_remote_url": "https://user:p@ss-SECRET@host/repo.git",
            "run_notes": "from https://SECRET@host/a and git@host:b",
            "x_stats_open_metrics_endpoints": {"node": "http://u:SECRET@node:9100/metrics"},
        }
    )
    assert json.loads(sent.json) == {
        "git_remote_url": "https://host/repo.git",
        "run_notes": "from https://host/a and git@host:b",
        "x_stats_open_metrics_endpoints": {"node": "http://node:9100/metrics"},
    }
    of_wandb = read_settings(wandb.Settings(git_remote_url="https://user:SECRET@host/r"))
    assert json.loads(of_wandb.json) == {"git_remote_url": "https://host/r"}


def test_settings_are_kept_out_of_metaflow_attributes():
    """Metaflow writes a decorator's attributes into its datastore."""
    flow = flow_with(wandb_log(settings={"api_key": "k"}), wandb_log(settings={"api_key": "k"}))
    (decorator,) = flow.start.decorators
    assert "settings" not in decorator.attributes
    assert flow.start._kwargs["settings"] == {"api_key": "k"}
    assert "api_key" not in decorator.make_decorator_spec()


def test_options_are_immutable():
    """One decoration may cover many steps."""
    with pytest.raises(AttributeError):
        checked_options(datasets=True).datasets = False
