"""The command `verify`: a case file, offline."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Annotated

import typer

from alerts.case_file import CaseManifest, case_faults
from alerts.manifest import unchained
from app.commands.terminal import err, out


def verify(
    file: Annotated[Path, typer.Argument(help="a case file (ZIP)", exists=True, dir_okay=False)],
    head: Annotated[
        str | None,
        typer.Option(help="the chain's last link, as kept outside (`evidence_head` of a webhook)"),
    ] = None,
) -> None:
    """Check that a case file is as it was exported and its evidence as it was taken; offline."""
    manifest, faults = check_file(file, head)
    for fault in faults:
        err.print(f"× {fault}", markup=False, highlight=False)
    if manifest is not None:
        _tell(manifest)
    if faults:
        err.print(f"{file}: 不一致 not as it was ({len(faults)})", markup=False, highlight=False)
        raise typer.Exit(1)
    out.print("一致 as it was exported", markup=False)
    if head is None:
        out.print(
            "未比对外部留存的末值,只说明文件内部一致 "
            "agrees with itself; with --head it is compared with what somebody outside kept",
            markup=False,
        )


def check_file(file: Path, head: str | None) -> tuple[CaseManifest | None, list[str]]:
    """The manifest, None where it cannot be read, and what is wrong in words of English."""
    try:
        with zipfile.ZipFile(file) as archive:

            def read(name: str, at_most: int) -> bytes | None:
                if archive.getinfo(name).file_size > at_most:
                    return None  # more than is listed: nobody unpacks it
                return archive.read(name)

            return case_faults(archive.namelist(), read, head)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        return None, [f"is no readable ZIP: {error}"]


def _tell(manifest: CaseManifest) -> None:
    chain = manifest.chain
    for line in (
        f"告警 alert       {chain.alert_id}",
        f"导出 exported    {manifest.exported_at.isoformat()} · {manifest.exported_by}",
        f"第三方 bystanders {'已模糊 blurred' if manifest.redacted else '未模糊 not blurred'}",
        f"证据 evidence    {chain.links}, 未入链 older than the chain {unchained(chain.entries)}, "
        f"未导出 left out {len(manifest.left_out)}",
        f"末值 head        {chain.head or '–'}",
    ):
        out.print(line, markup=False, highlight=False)
