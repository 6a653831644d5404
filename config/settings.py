"""Settings: how this installation runs. From a TOML file, the environment and secret files.

Strongest first: environment (`MUCKWATCH_DATABASE__URL`), secret files (one file per setting, named
`muckwatch_database__password`, in the folder that `MUCKWATCH_SECRETS_DIR` names), the TOML file that
`MUCKWATCH_CONFIG` names, defaults. What the district is like (zones, permits, thresholds) is no
setting: see `config.site`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    SettingsConfigDict,
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MqttSettings(_Section):
    host: str = "127.0.0.1"
    port: int = 1883
    root: str = "muckwatch/v1"
    client_id: str = "muckwatch-pipeline"
    username: str | None = None
    password: SecretStr | None = None
    tls: bool = False


class RetentionSettings(_Section):
    """How long the database keeps what, in days, counted by the time that each table is ordered by."""

    position_days: int = Field(180, ge=2, description="positions, by fix time")
    visit_days: int = Field(1095, ge=2, description="zone visits, by entry")
    alert_days: int = Field(1095, ge=2, description="alerts with their log and evidence")
    rejected_days: int = Field(30, ge=2, description="rejected messages, by receipt")
    outbox_days: int = Field(30, ge=2, description="delivered outbox entries")
    columnstore_after_days: int = Field(7, ge=1, description="TimescaleDB: positions compressed")


class DatabaseSettings(_Section):
    """`url` is a libpq URL without a password; the password comes from its own secret."""

    url: str = "postgresql://muckwatch@127.0.0.1:5432/muckwatch"
    password: SecretStr | None = None
    retention: RetentionSettings = RetentionSettings()


class PipelineSettings(_Section):
    batch_messages: int = Field(1000, ge=1, description="a micro-batch is full at so many messages")
    batch_wait_s: float = Field(0.05, gt=0, description="or so long after its first one")
    lateness_s: float = Field(600, description="a fix so late still amends alerts")
    future_tolerance_s: float = Field(120, description="clock difference that is no fault")
    ancient_after_s: float = Field(30 * 86400, description="older at receipt: a broken clock")
    max_speed_kmh: float = Field(200, description="faster between two fixes: teleport")
    snapshot_every_s: float = Field(30, description="how often vehicle state is snapshotted")
    hold_back_s: float = Field(7200, description="a repeat within it joins the earlier alert")


class VisionSettings(_Section):
    model: Path | None = Field(None, description=".onnx or .pt; None: the model of the package")
    runtime: str = Field("onnxruntime", pattern="^(onnxruntime|ultralytics)$")
    analysed_fps: float = Field(5, gt=0)
    confidence: float = Field(0.35, gt=0, lt=1)
    persistence_s: float = Field(5, gt=0, description="an object must stay so long")
    open_timeout_s: float = 10
    read_timeout_s: float = 10


class WebhookSettings(_Section):
    """One receiver of webhooks; `secret` is a Standard Webhooks secret (`whsec_…`)."""

    id: str
    url: str
    secret: SecretStr
    kinds: tuple[str, ...] = Field((), description="alert kinds to send; empty: all")


class ViidSettings(_Section):
    """The GA/T 1400 platform that camera findings are pushed to (320)."""

    url: str
    device_id: str = Field(pattern=r"^\d{20}$")
    username: str
    password: SecretStr
    keepalive_s: float = 50
    id: str = "viid"
    devices: dict[str, Annotated[str, Field(pattern=r"^\d{20}$")]] = Field(
        {}, description="camera id -> its device id on the platform; missing: `device_id`"
    )
    codes: Path | None = Field(None, description="a deployment's copy of exchange/viid/codes.toml")


class DeliverySettings(_Section):
    webhooks: tuple[WebhookSettings, ...] = ()
    viid: ViidSettings | None = None
    timeout_s: float = 15
    attempts: int = Field(12, ge=1, description="then the entry is kept as failed")
    public_url: str = Field("", description="where receivers reach the console: links to evidence")


class ConsoleSettings(_Section):
    host: str = "127.0.0.1"
    port: int = 8000
    username: str = "operator"
    password: SecretStr | None = Field(None, description="needed on any but a loopback address")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="MUCKWATCH_", env_nested_delimiter="__", extra="forbid", frozen=True
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
