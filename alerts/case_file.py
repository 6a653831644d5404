"""A case file: all of one alert in a ZIP that anybody can check offline (案件证据包). Pure.

| name in the ZIP | what it is |
|---|---|
| `manifest.json` | `CaseManifest`: the chain of hashes, and the hash of every other file |
| `alert.json` | the alert as it stands: what the rules say, and what people did |
| `evidence/NN-moment.ext` | pictures, clip, tracks; `NN` is the number in the chain |
| `README.zh-CN.txt`, `README.en.txt` | what this is, and how to check it |
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

import msgspec

from alerts.manifest import Manifest, faults_of

FORMAT = "muckwatch-case/1"
MANIFEST = "manifest.json"


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the ZIP. `sha256` is over it as it lies there.

    Attributes:
        evidence_id: None for what is no evidence.
        redacted: a copy in which bystanders are blurred; `of_sha256` is the original's hash.
    """

    path: str
    sha256: str
    size_bytes: int
    evidence_id: UUID | None = None
    redacted: bool = False
    of_sha256: str | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence of the chain that is not in the ZIP; `why`: full, away, lost, room, unreadable."""

    evidence_id: UUID
    why: str


class CaseManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`redacted`: bystanders are blurred in every picture and clip."""

    format: str = FORMAT
    exported_at: datetime
    exported_by: str
    redacted: bool
    chain: Manifest
    files: tuple[CaseFile, ...]
    left_out: tuple[LeftOut, ...] = ()


def file_of(
    path: str, content: bytes, evidence_id: UUID | None = None, *, of: bytes = b""
) -> CaseFile:
    """`of` is the hash of the original that `content` is a redacted copy of."""
    return CaseFile(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        evidence_id=evidence_id,
        redacted=bool(of),
        of_sha256=of.hex() or None,
    )


def case_faults(
    names: Collection[str], read: Callable[[str, int], bytes | None], head: str | None = None
) -> tuple[CaseManifest | None, list[str]]:
    """What is wrong with a case file, in words of English; nothing where all is as it was exported.

    Args:
        names: all names in the ZIP, as often as they are in it.
        read: the content of a name, None where it is longer than so many bytes.
        head: the last link as somebody outside has kept it (webhooks carry it).
    """
    if sorted(names) != sorted(set(names)):
        return None, ["a name is in the ZIP twice"]
    content = read(MANIFEST, 64 * 2**20) if MANIFEST in names else None
    if content is None:
        return None, [f"{MANIFEST} is missing"]
    try:
        manifest = msgspec.json.decode(content, type=CaseManifest)
    except msgspec.DecodeError as error:
        return None, [f"{MANIFEST} is not readable: {error}"]
    if manifest.format != FORMAT:
        return None, [f"{MANIFEST} has format {manifest.format!r}; this version knows {FORMAT!r}"]
    faults = faults_of(manifest.chain)
    if head is not None and head.lower() != manifest.chain.head:
        faults.append("the last link is not the one that was given to compare")
    faults += _file_faults(manifest, names, read)
    faults += _evidence_faults(manifest)
    return manifest, faults


def _file_faults(
    manifest: CaseManifest, names: Collection[str], read: Callable[[str, int], bytes | None]
) -> list[str]:
    faults = []
    listed = {MANIFEST, *(file.path for file in manifest.files)}
    if len(listed) != len(manifest.files) + 1:
        faults.append("a file is listed twice")
    faults += [f"{name} is not listed in {MANIFEST}" for name in sorted(set(names) - listed)]
    for file in manifest.files:
        if file.path not in names:
            faults.append(f"{file.path} is missing")
            continue
        content = read(file.path, file.size_bytes)
        if (
            content is None
            or len(content) != file.size_bytes
            or hashlib.sha256(content).hexdigest() != file.sha256
        ):
            faults.append(f"{file.path} is not as it was exported")
    return faults


def _evidence_faults(manifest: CaseManifest) -> list[str]:
    """Each piece of the chain has its file, or is told to be left out; hashes are the chain's."""
    faults = []
    links = {entry.link.evidence_id: entry.link for entry in manifest.chain.entries}
    told = {one.evidence_id for one in manifest.left_out}
    for file in manifest.files:
        if file.evidence_id is None:
            continue
        told.add(file.evidence_id)
        link = links.get(file.evidence_id)
        if link is None:
            faults.append(f"{file.path} belongs to no evidence of the chain")
        elif (file.of_sha256 if file.redacted else file.sha256) != link.sha256:
            faults.append(f"{file.path} is not what evidence number {link.number} was")
    faults += [
        f"evidence number {link.number} ({link.moment}) is neither here nor told to be left out"
        for link in links.values()
        if link.evidence_id not in told
    ]
    return faults
