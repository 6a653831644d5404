"""Settings: how this installation runs. From a TOML file, the environment and secret files.

Strongest first: environment (`MUCKWATCH_DATABASE__URL`; lists as JSON), secret files (one
file per setting, named `muckwatch_database__password`, in the folder that `MUCKWATCH_SECRETS_DIR`
names), the TOML file that `MUCKWATCH_CONFIG` names, defaults. They are merged field by field. What
the district is like (zones, permits, thresholds) is no setting: see `config.site`.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError

from config.names import ALERT_KINDS

_PREFIX = "MUCKWATCH_"
CONFIG_VARIABLE = "MUCKWATCH_CONFIG"
SECRETS_VARIABLE = "MUCKWATCH_SECRETS_DIR"
# Read elsewhere and no settings, as are those that begin as tests' own do.
_NO_SETTINGS = (CONFIG_VARIABLE, SECRETS_VARIABLE)
_NO_SETTINGS_PREFIX = "MUCKWATCH_TEST_"


class SettingsError(ValueError):
    """Settings that cannot be used; the message names each that is wrong, never its value."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MqttSettings(_Section):
    host: str = "127.0.0.1"
    port: int = 1883
    root: str = "muckwatch/v1"
    client_id: str = "muckwatch-pipeline"
    username: str | None = None
    password: SecretStr | None = None
    tls: bool = False


class RetentionSettings(_Section):
    """How long the database keeps what, in days, by the time that each table is ordered by."""

    position_days: int = Field(180, ge=2, description="positions, by fix time")
    visit_days: int = Field(1095, ge=2, description="zone visits, by entry")
    trip_days: int = Field(1095, ge=2, description="trips by begin, rounds by window")
    alert_days: int = Field(1095, ge=2, description="alerts with their log and evidence")
    sighting_days: int = Field(365, ge=2, description="vehicles that passed cameras, by passage")
    sighting_picture_days: int = Field(30, ge=2, description="their pictures")
    rejected_days: int = Field(30, ge=2, description="rejected messages, by receipt")
    outbox_days: int = Field(30, ge=2, description="delivered outbox entries")
    columnstore_after_days: int = Field(7, ge=1, description="TimescaleDB: positions compressed")


class DatabaseSettings(_Section):
    """`url` is a libpq URL without a password; the password comes from its own secret."""

    url: str = "postgresql://muckwatch@127.0.0.1:5432/muckwatch"
    password: SecretStr | None = None
    retention: RetentionSettings = RetentionSettings()


class PipelineSettings(_Section):
    batch_messages: int = Field(1000, ge=1, description="a full micro-batch; of a backlog, 4 times")
    batch_wait_s: float = Field(0.05, gt=0, description="or so long after its first one")
    lateness_s: float = Field(600, description="a fix so late still amends alerts")
    future_tolerance_s: float = Field(120, description="clock difference that is no fault")
    ancient_after_s: float = Field(30 * 86400, description="older at receipt: a broken clock")
    far_from_site_km: float = Field(200, gt=0, description="beyond: not judged, kept as far")
    max_speed_kmh: float = Field(200, description="faster between two fixes: teleport")
    snapshot_every_s: float = Field(30, description="how often vehicle state is snapshotted")
    hold_back_s: float = Field(7200, description="a repeat within it joins the earlier alert")


class VisionSettings(_Section):
    model: Path | None = Field(None, description=".onnx or .pt; None: the model of the package")
    runtime: str = Field(
        "onnxruntime", pattern="^(onnxruntime|openvino|openvino-bf16|ultralytics)$"
    )
    analysed_fps: float = Field(5, gt=0)
    confidence: float = Field(0.35, gt=0, lt=1)
    persistence_s: float = Field(5, gt=0, description="an object must stay so long")
    plates: bool = Field(True, description="read number plates of passing vehicles")
    open_timeout_s: float = Field(10, gt=0)
    read_timeout_s: float = Field(10, gt=0, description="nothing for so long is a disconnect")
    processes: int | None = Field(None, ge=1, le=256, description="workers; None: one a core")
    longest_lag_s: float = Field(8, gt=0, description="later pictures are dropped, not analysed")
    frozen_after_s: float = Field(8, gt=0, description="the same picture for so long is a fault")
    frozen_frames_after_s: float = Field(300, gt=0, description="of frames over MQTT and snapshots")
    sender_clock_within_s: float = Field(30, ge=0, description="a camera's clock is trusted so far")
    snapshot_every_s: float = Field(1, gt=0, description="of an HTTP URL that gives pictures")
    ring_s: float = Field(75, ge=5, description="packets kept of each camera, for clips")
    ring_mb: int = Field(48, ge=1, description="and no more than so much")
    recorder_queue_bytes: int = Field(
        4 * 2**20, ge=1, description="of one camera's findings, while the database is away"
    )
    attribute_after_s: float = Field(
        5, ge=0, description="so long after a passage it is first laid at a truck"
    )
    attribute_every_s: float = Field(5, gt=0, description="and again, until nothing can change it")
    attribute_within_s: float = Field(
        3600, gt=0, description="what was not laid by then, after a stop say, is left as it is"
    )


def _with_secret(data: Any, name: str) -> Any:  # noqa: ANN401 - what pydantic hands over
    """`data` with field `name` read from the file that `<name>_file` names, where it does."""
    if not isinstance(data, dict):
        return data
    file = data.get(f"{name}_file")
    if file is None:
        if data.get(name) is None:
            raise ValueError(f"one of {name} and {name}_file must be set")
        return data
    if data.get(name) is not None:
        raise ValueError(f"{name} and {name}_file are both set; set one")
    try:
        return {**data, name: Path(file).read_text(encoding="utf-8").strip()}
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_file cannot be read: {error}") from error


class WebhookSettings(_Section):
    """One receiver of webhooks; `secret` is a Standard Webhooks secret (`whsec_` and base64).

    Exactly one of `secret` and `secret_file` is set; the file is read when the settings are.
    """

    id: str = Field(min_length=1)
    url: str = Field(pattern=r"^https?://\S+$")
    secret: SecretStr
    secret_file: Path | None = None
    kinds: tuple[str, ...] = Field((), description="alert kinds to send; empty: all")

    @model_validator(mode="before")
    @classmethod
    def _read_secret_file(cls, data: Any) -> Any:  # noqa: ANN401 - what pydantic hands over
        return _with_secret(data, "secret")

    @field_validator("kinds")
    @classmethod
    def _are_alert_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in ALERT_KINDS:
                raise ValueError(f"there is no alert kind {kind!r}")
        return kinds

    @field_validator("secret")
    @classmethod
    def _is_standard_webhooks_secret(cls, secret: SecretStr) -> SecretStr:
        # https://github.com/standard-webhooks/standard-webhooks, "Signature scheme"
        try:
            key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except ValueError as error:
            raise ValueError("secret must be whsec_ and base64") from error
        if not key:
            raise ValueError("secret is empty")
        return secret


class ViidSettings(_Section):
    """The GA/T 1400 platform that camera findings are pushed to (320).

    Exactly one of `password` and `password_file` is set; the file is read when the settings are.
    """

    url: str
    device_id: str = Field(pattern=r"^\d{20}$")
    username: str
    password: SecretStr
    password_file: Path | None = None
    keepalive_s: float = Field(50, gt=0)
    id: str = "viid"
    devices: dict[str, Annotated[str, Field(pattern=r"^\d{20}$")]] = Field(
        {}, description="camera id -> its device id on the platform; missing: `device_id`"
    )
    codes: Path | None = Field(None, description="a deployment's copy of exchange/viid/codes.toml")

    @model_validator(mode="before")
    @classmethod
    def _read_password_file(cls, data: Any) -> Any:  # noqa: ANN401 - what pydantic hands over
        return _with_secret(data, "password")


class DeliverySettings(_Section):
    webhooks: tuple[WebhookSettings, ...] = ()
    viid: ViidSettings | None = None
    timeout_s: float = Field(15, gt=0)
    attempts: int = Field(12, ge=1, description="then the entry is kept as failed")
    public_url: str = Field("", description="where receivers reach the console: links to evidence")


class EvidenceSettings(_Section):
    """Where pictures, clips and tracks are kept, and how much of them (docs/evidence.md).

    An S3 bucket takes key, region and endpoint from the usual `AWS_*` environment variables.
    """

    url: str = Field(
        "file:var/evidence",
        pattern=r"^(file:(//)?[^?#]+|s3://[^/?#]+(/[^?#]*)?|memory:)$",
        description="`file:///folder`, `s3://bucket/prefix`, or `memory:` for tests",
    )
    most_bytes: int = Field(50 * 2**30, ge=1, description="beyond it the oldest clips go")
    keep_free_bytes: int = Field(
        2**30, ge=0, description="of the folder's disk; no clip is written into it, pictures are"
    )
    in_database_bytes: int = Field(
        512 * 2**20,
        ge=0,
        description="pictures that the object store does not take wait in the database, so much",
    )
    clip_before_s: float = Field(10, ge=0, le=60)
    clip_after_s: float = Field(10, ge=0, le=60)
    put_timeout_s: float = Field(10, gt=0, description="an object store slower than this is away")


class ConsoleSettings(_Section):
    host: str = "127.0.0.1"
    port: int = 8000
    username: str = "operator"
    password: SecretStr | None = Field(None, description="needed on any but a loopback address")


class Settings(BaseSettings):
    """All settings; `Settings()` reads them from where they are set.

    Raises:
        SettingsError: one that is unknown or wrong, or a named file that cannot be read.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    site: Path | None = Field(None, description="site folder; seeds an empty database")
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(None, description="Prometheus metrics of a role; None: none")
    mqtt: MqttSettings = MqttSettings()
    database: DatabaseSettings = DatabaseSettings()
    pipeline: PipelineSettings = PipelineSettings()
    vision: VisionSettings = VisionSettings()
    delivery: DeliverySettings = DeliverySettings()
    console: ConsoleSettings = ConsoleSettings()
    evidence: EvidenceSettings = EvidenceSettings()

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - checked by pydantic
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(_say(error)) from error
        except SourceError as error:
            raise SettingsError(
                f"settings: {error}: {error.__cause__ or ''}".rstrip(": ")
            ) from error

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        ids = [webhook.id for webhook in self.delivery.webhooks]
        ids += [self.delivery.viid.id] if self.delivery.viid else []
        for one in ids:
            if ids.count(one) > 1:
                raise ValueError(f"delivery: two destinations have the id {one!r}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env: it is for shells
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = [init_settings, env_settings]
        fields = settings_cls.model_fields
        _refuse_unknown(os.environ, fields, "environment variable")
        if folder := os.environ.get(SECRETS_VARIABLE):
            secrets = NestedSecretsSettingsSource(
                file_secret_settings, secrets_dir=folder, secrets_dir_missing="error"
            )
            _refuse_unknown(secrets.env_vars, fields, f"secret file in {folder}:")
            sources.append(secrets)
        if config := os.environ.get(CONFIG_VARIABLE):
            sources.append(_toml(settings_cls, Path(config)))
        return tuple(sources)


def _toml(settings_cls: type[BaseSettings], file: Path) -> PydanticBaseSettingsSource:
    if not file.is_file():  # pydantic-settings would pass over it in silence
        raise SettingsError(f"{CONFIG_VARIABLE} names {file}, which is no file")
    try:
        return TomlConfigSettingsSource(settings_cls, file)
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise SettingsError(f"{file}: {error}") from error


def _refuse_unknown(names: Iterable[str], fields: Iterable[str], what: str) -> None:
    """A misspelt section in a name would otherwise be passed over in silence."""
    known = {f"{_PREFIX}{field}".upper() for field in fields}
    for name in names:
        upper = name.upper()
        if (
            upper.startswith(_PREFIX)
            and upper.split("__", 1)[0] not in known
            and upper not in _NO_SETTINGS
            and not upper.startswith(_NO_SETTINGS_PREFIX)
        ):
            raise SettingsError(f"{what} {name}: there is no such setting")


def _say(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(map(str, problem["loc"]))
        unknown = problem["type"] == "extra_forbidden"
        message = "there is no such setting" if unknown else problem["msg"]
        lines.append(f"{place}: {message}" if place else message)
    return "settings: " + "; ".join(lines)
