"""Settings: which source wins, and that a mistake is told without telling a secret."""

from __future__ import annotations

import json
import os

import pytest

from config.settings import Settings, SettingsError

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
TOML = """
[database]
url = "postgresql://file@db/muckwatch"

[mqtt]
host = "from-file"
port = 1

[[delivery.webhooks]]
id = "command-centre"
url = "https://centre.example/hook"
secret_file = "{secret_file}"
kinds = ["off_route"]

[delivery.viid]
url = "http://viid.example"
device_id = "32041200005030000001"
username = "muckwatch"
"""


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in os.environ:
        if name.startswith("MUCKWATCH_"):
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A TOML file and a folder of secrets, both named in the environment."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (tmp_path / "webhook-secret").write_text(SECRET + "\n")
    (tmp_path / "m.toml").write_text(TOML.format(secret_file=tmp_path / "webhook-secret"))
    (secrets / "muckwatch_delivery__viid__password").write_text("viid-password\n")
    monkeypatch.setenv("MUCKWATCH_CONFIG", str(tmp_path / "m.toml"))
    monkeypatch.setenv("MUCKWATCH_SECRETS_DIR", str(secrets))
    return secrets


def test_defaults_need_nothing():
    settings = Settings()
    assert settings.delivery.webhooks == ()
    assert settings.mqtt.root == "muckwatch/v1"


def test_file_secret_and_environment_are_merged(config, monkeypatch):
    (config / "muckwatch_database__password").write_text("database-password\n")
    (config / "MUCKWATCH_MQTT__HOST").write_text("from-secret")
    (config / "another-service").write_text("not ours")
    monkeypatch.setenv("MUCKWATCH_MQTT__PORT", "3")
    settings = Settings()
    assert settings.database.url == "postgresql://file@db/muckwatch"
    assert settings.database.password.get_secret_value() == "database-password"
    assert (settings.mqtt.host, settings.mqtt.port) == ("from-secret", 3)
    (webhook,) = settings.delivery.webhooks
    assert webhook.secret.get_secret_value() == SECRET
    assert webhook.kinds == ("off_route",)
    assert settings.delivery.viid.password.get_secret_value() == "viid-password"


@pytest.mark.parametrize("section", ["database", "mqtt", "console"])
def test_every_password_can_come_from_a_secret_file(config, section):
    (config / f"muckwatch_{section}__password").write_text("from a file\n")
    assert getattr(Settings(), section).password.get_secret_value() == "from a file"


def test_webhooks_by_environment_replace_the_file_s(config, monkeypatch):
    hooks = [{"id": n, "url": f"http://{n}.example", "secret": SECRET} for n in ("a", "b")]
    monkeypatch.setenv("MUCKWATCH_DELIVERY__WEBHOOKS", json.dumps(hooks))
    assert [w.id for w in Settings().delivery.webhooks] == ["a", "b"]


HOOK = {"id": "a", "url": "http://a.example", "secret": SECRET}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MUCKWATCH_MQTT__PROT", "1", "mqtt.prot: there is no such setting"),
        ("MUCKWATCH_MQT__PORT", "1", "MUCKWATCH_MQT__PORT: there is no such setting"),
        ("MUCKWATCH_SIET", "x", "MUCKWATCH_SIET: there is no such setting"),
        ("MUCKWATCH_MQTT__PORT", "many", "mqtt.port"),
        ("MUCKWATCH_CONFIG", "/nowhere/m.toml", "/nowhere/m.toml, which is no file"),
        ("MUCKWATCH_SECRETS_DIR", "/nowhere", '"/nowhere" does not exist'),
        ("MUCKWATCH_DELIVERY__WEBHOOKS", "[{", "delivery"),
        (
            "MUCKWATCH_DELIVERY__WEBHOOKS",
            json.dumps([{"id": "a", "secret": SECRET}]),
            "webhooks.0.url",
        ),
        (
            "MUCKWATCH_DELIVERY__WEBHOOKS",
            json.dumps([{**HOOK, "secret_file": "/x"}]),
            "both set",
        ),
        (
            "MUCKWATCH_DELIVERY__WEBHOOKS",
            json.dumps([{"id": "a", "url": "http://a.example"}]),
            "one of secret and secret_file",
        ),
        (
            "MUCKWATCH_DELIVERY__WEBHOOKS",
            json.dumps([{"id": "a", "url": "http://a.example", "secret_file": "/nowhere"}]),
            "secret_file cannot be read",
        ),
        ("MUCKWATCH_DELIVERY__WEBHOOKS", json.dumps([HOOK, HOOK]), "two destinations"),
        (
            "MUCKWATCH_DELIVERY__WEBHOOKS",
            json.dumps([{**HOOK, "kinds": ["of_route"]}]),
            "no alert kind 'of_route'",
        ),
    ],
)
def test_a_mistake_is_told(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert words in str(caught.value)


def test_a_misspelt_secret_file_is_told(config):
    (config / "muckwatch_databse__password").write_text("x")
    with pytest.raises(SettingsError, match="muckwatch_databse__password: there is no such"):
        Settings()


def test_broken_toml_is_told(config, tmp_path):
    (tmp_path / "m.toml").write_text("[mqtt\n")
    with pytest.raises(SettingsError, match=r"m\.toml.*line 1"):
        Settings()


def test_no_message_holds_a_secret(monkeypatch):
    wrong = {**HOOK, "secret": "hunter2-is-no-base64!"}
    monkeypatch.setenv("MUCKWATCH_DELIVERY__WEBHOOKS", json.dumps([wrong]))
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert "secret must be whsec_" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("MUCKWATCH_DELIVERY__WEBHOOKS", json.dumps([HOOK]))
    assert SECRET not in repr(Settings())
