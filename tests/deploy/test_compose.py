"""docker-compose.yml: sound by the specification's schema, and in step with the product.

There is no Docker engine where these tests run: what an engine would do with it is not tested here.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.roles import Role
from config.settings import Settings, SettingsError

ROLES = [role.value for role in Role]
VERSION = re.compile(r"^timescale/timescaledb:(\d+)\.(\d+)\.(\d+)-pg(\d+)$")


def settings_of(monkeypatch, compose, service: str, secrets: Path, toml: Path) -> Settings:
    """The settings as the service's container would read them, its mounted files moved here."""
    described = compose["services"][service]
    mounted = secrets.parent / f"mounted-{service}"
    mounted.mkdir()
    for name in described["secrets"]:
        (mounted / name).write_bytes((secrets / name).read_bytes())
    environment = dict(described["environment"])
    assert environment.pop("MUCKWATCH_SECRETS_DIR") == "/run/secrets"
    assert environment.pop("MUCKWATCH_CONFIG") == "/etc/muckwatch/muckwatch.toml"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MUCKWATCH_SECRETS_DIR", str(mounted))
    monkeypatch.setenv("MUCKWATCH_CONFIG", str(toml))
    return Settings()


@pytest.fixture
def example(root: Path) -> Path:
    return root / "deploy" / "muckwatch.example.toml"


def test_it_is_sound_by_the_compose_specification(root):
    pytest.importorskip("check_jsonschema", reason="not installed yet: make test does")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    found = subprocess.run(
        [*command, root / "docker-compose.yml"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_role_has_its_service_and_every_service_its_role(compose):
    commands = [s["command"] for s in compose["services"].values() if s.get("build") == "."]
    assert sorted(commands) == sorted(["serve", role] for role in ROLES)
    assert all(compose["services"][role]["command"] == ["serve", role] for role in ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_the_settings_are_accepted(monkeypatch, compose, secrets, example, role):
    settings = settings_of(monkeypatch, compose, role, secrets, example)
    assert settings.database.password is not None
    stored = (secrets / "muckwatch_database__password").read_text()
    assert settings.database.password.get_secret_value() == stored
    assert (settings.mqtt.password is not None) == (role in {"pipeline", "vision"})
    assert (settings.console.password is not None) == (role == "console")
    assert settings.metrics_port == 9100


def test_a_misspelt_setting_would_be_noticed(monkeypatch, compose, secrets, example):
    monkeypatch.setenv("MUCKWATCH_MQTT__HOTS", "broker")
    with pytest.raises(SettingsError, match="hots"):
        settings_of(monkeypatch, compose, "pipeline", secrets, example)


def test_the_example_with_its_comments_lifted_is_accepted(
    monkeypatch, compose, secrets, example, tmp_path
):
    (secrets / "delivery" / "viid").write_text("a password")
    text = re.sub(r"(?m)^# (?=\[\[?delivery|\w+ = )", "", example.read_text("utf-8"))
    lifted = tmp_path / "muckwatch.toml"
    lifted.write_text(text.replace("/run/delivery", str(secrets / "delivery")), encoding="utf-8")
    assert "webhooks" in tomllib.loads(text)["delivery"]
    settings = settings_of(monkeypatch, compose, "delivery", secrets, lifted)
    (webhook,) = settings.delivery.webhooks
    assert webhook.secret.get_secret_value().startswith("whsec_")
    assert settings.delivery.viid is not None
    assert settings.delivery.viid.password.get_secret_value() == "a password"


def test_no_secret_is_in_the_file_and_every_one_is_made_by_the_script(compose, secrets):
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            assert "PASSWORD" not in name or name.endswith("_FILE")
    for name, described in compose["secrets"].items():
        assert described == {"file": f"./secrets/{name}"}
        assert len((secrets / name).read_text()) >= 64


def test_secrets_are_random_and_kept(root, secrets, tmp_path):
    texts = [(secrets / f).read_text() for f in ("postgres_password", "muckwatch_mqtt__password")]
    assert len(set(texts)) == 2
    environment = {"SECRETS_DIR": str(secrets), "PATH": "/usr/bin:/bin"}
    subprocess.run([root / "deploy" / "make_secrets.sh"], check=True, env=environment)
    assert (secrets / "postgres_password").read_text() == texts[0]
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert (secrets / "postgres_password").stat().st_mode & 0o777 == 0o444


def test_only_the_console_and_mqtt_are_published(compose):
    published = {name: s["ports"] for name, s in compose["services"].items() if "ports" in s}
    assert set(published) == {"console", "broker"}
    assert published["broker"] == ["${MQTT_PUBLISH:-1883}:1883"]
    assert published["console"] == ["${CONSOLE_PUBLISH:-127.0.0.1:8000}:8000"]
    assert compose["networks"]["data"] == {"internal": True}
    assert compose["services"]["timescaledb"]["networks"] == ["data"]


def test_timescaledb_is_new_enough_and_keeps_its_data_where_pg18_does(compose):
    service = compose["services"]["timescaledb"]
    *version, postgres = map(int, VERSION.match(service["image"]).groups())
    assert tuple(version) >= (2, 29, 1)
    assert postgres >= 18
    assert "database:/var/lib/postgresql" in service["volumes"]


def test_every_service_restarts_is_watched_limited_and_logs_within_bounds(compose):
    for name, service in compose["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["logging"]["options"]["max-size"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        for volume in service["volumes"]:
            if isinstance(volume, dict) and volume["type"] == "bind":
                assert volume["bind"] == {"create_host_path": False}, name
                assert volume["read_only"] is True, name


def test_what_is_mounted_exists_or_is_what_the_installation_makes(compose, root):
    made = {"./muckwatch.toml", "./site", "./secrets/delivery"}
    for service in compose["services"].values():
        for volume in service["volumes"]:
            if isinstance(volume, dict) and volume["source"] not in made:
                assert (root / volume["source"]).is_file(), volume["source"]
    ignored = (root / ".gitignore").read_text().splitlines()
    assert {"/secrets/", "/muckwatch.toml", "/site/"} <= set(ignored)


def test_the_image_holds_every_package(root):
    packages = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"][
        "build"
    ]["targets"]["wheel"]["packages"]
    dockerfile = (root / "Dockerfile").read_text("utf-8")
    let_through = (root / ".dockerignore").read_text("utf-8").splitlines()
    for package in packages:
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package}" in let_through
    for line in re.findall(r"(?m)^COPY ((?!--from)\S.*) \S+$", dockerfile):
        for source in line.split():
            assert f"!{source}" in let_through, source
            assert (root / source).exists()
    assert "USER 10001:10001" in dockerfile
