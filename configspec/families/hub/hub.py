"""The Hugging Face hub: the one module that imports huggingface_hub, and only when something is asked of it.

The cache, resumed connections, progress bars, offline mode and the token are huggingface_hub's own, and so are their
environment variables (HF_HOME, HF_TOKEN, HF_HUB_OFFLINE, HF_ENDPOINT, ...), read when it is imported:
https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
Here its exceptions become errors for people.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from types import ModuleType

from configspec.errors import ConfigspecError, TestbedError, UsageError
from configspec.families.hub.hub_cache import check_notes, files_in, is_pinned, no_file_name, repository_folder
from configspec.printable import printable
from configspec.testbed.family_spec import HubSpec
from configspec.untrusted import read_bounded

LISTING_TIMEOUT_S = 30.0  # for one small answer; downloads have huggingface_hub's own
_SHAPE = (
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)  # what it raises over JSON of another shape
_DAMAGE = (OSError, ValueError, *_SHAPE)  # what its readers raise
_SHOWN = 300  # letters of what is wrong
_TOKEN_BYTES = 64 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a repository holds at a revision; where the hub could not be asked, what the cache holds, and why."""

    files: tuple[str, ...]
    commit: str
    unreachable: ConfigspecError | None = None


class Hub:
    """The hub and its cache on this machine."""

    def __init__(self, *, endpoint: str | None = None, cache: Path | None = None) -> None:
        """`endpoint` and `cache` None: as huggingface_hub's environment variables say."""
        self._endpoint = endpoint
        self._cache = cache

    def cached(self, spec: HubSpec) -> Path | None:
        """The folder of the cached files of this revision, some or all; None where there is none. Uses no network."""
        hub = _huggingface_hub()
        self._check_notes(hub, spec)
        try:
            folder = Path(self._snapshot(hub, spec, [], local_files_only=True))
        except hub.errors.LocalEntryNotFoundError:
            return None
        except hub.errors.HFValidationError as problem:
            raise _explained(problem, spec) from None
        except _DAMAGE as problem:
            raise _damaged(spec, problem) from None
        if folder.parent.name != "snapshots" or not is_pinned(replace(spec, revision=folder.name)):
            raise _damaged(spec, f"it leads to {folder}")
        return folder

    def known_files(self, spec: HubSpec, folder: Path) -> tuple[str, ...]:
        """The files that the repository holds at the commit of a cached folder, as far as the cache knows.

        huggingface_hub notes a commit's listing since 2.0; of older ones only what is cached is known.
        """
        hub = _huggingface_hub()
        self._check_notes(hub, spec)
        names: tuple[str, ...] | None = None
        if hasattr(hub, "get_cached_repo_tree"):
            try:
                tree = hub.get_cached_repo_tree(spec.repo, revision=folder.name, cache_dir=self._cache)
                names = tuple(str(one.path) for one in tree)
            except hub.errors.CachedRepoTreeNotFoundError:
                pass
            except _DAMAGE as problem:
                raise _damaged(spec, problem) from None
        names = files_in(folder) if names is None else names
        if (wrong := no_file_name(names)) is not None:
            raise _damaged(spec, f"it lists {wrong!r}, which is no name of a file there")
        return names

    def listing(self, spec: HubSpec) -> Listing:
        """The files of the repository, of the cache where the hub cannot be reached.

        Raises:
            UsageError: The repository or revision does not exist, may not be read, or offline mode hides it.
            TestbedError: The hub cannot be reached, and nothing is cached.
        """
        hub = _huggingface_hub()
        _check_token(hub)
        try:
            api = hub.HfApi(endpoint=self._endpoint, library_name="configspec")
            info = api.model_info(spec.repo, revision=spec.revision, timeout=LISTING_TIMEOUT_S)
            listing = Listing(files=tuple(str(one.rfilename) for one in info.siblings or ()), commit=str(info.sha))
        except _SHAPE as problem:
            raise _of_another_shape(spec, problem) from problem
        except _failures(hub) as problem:
            told = _explained(problem, spec)
            folder = self.cached(spec) if _unreachable(hub, problem) else None
            if folder is None:
                raise told from problem
            return Listing(files=self.known_files(spec, folder), commit=folder.name, unreachable=told)
        if (wrong := no_file_name(listing.files)) is not None:
            raise _of_another_shape(spec, ValueError(f"it lists {wrong!r}, which is no name of a file"))
        _check_commit(spec, listing.commit)
        return listing

    def fetch(self, spec: HubSpec, files: Sequence[str]) -> Path:
        """The folder that holds the named files of the repository; those that are not cached are downloaded.

        Raises:
            UsageError: They may not be read, or offline mode forbids fetching them.
            TestbedError: The connection broke off, or the disk is full. Files that were whole by then are kept.
        """
        hub = _huggingface_hub()
        _check_token(hub)
        self._check_notes(hub, spec)
        try:
            folder = Path(self._snapshot(hub, spec, [escape(name) for name in files]))
        except _SHAPE as problem:
            raise _of_another_shape(spec, problem) from problem
        except _failures(hub) as problem:
            raise _explained(problem, spec) from problem
        _check_commit(spec, folder.name)
        absent = [name for name in files if not (folder / name).is_file()]
        for name in absent:
            if os.path.lexists(folder / name):  # a link whose blob was deleted is fetched; what else is there is kept
                raise _damaged(spec, f"{folder / name} is no file")
        if absent:
            raise TestbedError(
                f"{spec.repo}@{spec.revision} changed while it was read: {', '.join(absent)} is gone. Try again."
            )
        return folder

    def _check_notes(self, hub: ModuleType, spec: HubSpec) -> None:
        """Nothing is open to be read that would hang whoever does."""
        try:
            check_notes(repository_folder(self._cache or Path(hub.constants.HF_HUB_CACHE), spec), spec.revision)
        except OSError as problem:
            raise _damaged(spec, f"{problem.filename}: {problem.strerror}") from None

    def _snapshot(self, hub: ModuleType, spec: HubSpec, globs: list[str], *, local_files_only: bool = False) -> str:
        return str(
            hub.snapshot_download(
                spec.repo,
                revision=spec.revision,
                allow_patterns=globs,
                local_files_only=local_files_only,
                endpoint=self._endpoint,
                cache_dir=self._cache,
                library_name="configspec",
            )
        )


def _huggingface_hub() -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError:
        raise UsageError("Hub entries need huggingface_hub: pip install 'configspec[hub]'.") from None
    module: ModuleType = huggingface_hub
    return module


def _check_token(hub: ModuleType) -> None:
    """The file with the person's token, which huggingface_hub opens without a look; a UsageError where it is none."""
    path = Path(hub.constants.HF_TOKEN_PATH)
    try:
        read_bounded(path, at_most_bytes=_TOKEN_BYTES).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, UnicodeDecodeError) as problem:
        why = "it is no text" if isinstance(problem, UnicodeDecodeError) else problem.strerror
        raise UsageError(f"{path}, the token for the hub, cannot be read: {why}. Delete it, or log in again.") from None


def _failures(hub: ModuleType) -> tuple[type[Exception], ...]:
    # HTTPError is httpx's, by whichever name this version imports it; hf_xet raises RuntimeError whatever went wrong.
    return (hub.errors.HTTPError, hub.errors.XetDownloadError, OSError, ValueError, RuntimeError)


def _unreachable(hub: ModuleType, problem: BaseException) -> bool:
    """Whether the hub gave no answer, or none that is about the repository."""
    if isinstance(problem, hub.errors.HfHubHTTPError):
        return int(problem.response.status_code) == 429 or int(problem.response.status_code) >= 500
    return isinstance(problem, (hub.errors.OfflineModeIsEnabled, hub.errors.HTTPError))


def _explained(problem: BaseException, spec: HubSpec) -> ConfigspecError:
    """The error for people; the most particular kinds first, for huggingface_hub derives many from one another."""
    errors = _huggingface_hub().errors
    what = f"{spec.repo}@{spec.revision}"
    if isinstance(problem, errors.LocalEntryNotFoundError) and problem.__cause__ is not None:
        return _explained(problem.__cause__, spec)
    if isinstance(problem, errors.OfflineModeIsEnabled):
        return UsageError(
            f"{what} is not on this machine, or not all of it, and HF_HUB_OFFLINE forbids fetching it. Unset it for "
            "one `configspec models pull`."
        )
    if isinstance(problem, errors.GatedRepoError):
        return UsageError(
            f"{what} is gated: accept its licence on the repository's page, with your account, then set HF_TOKEN to a "
            "token of that account (or run `hf auth login`)."
        )
    if isinstance(problem, errors.RepositoryNotFoundError):
        return UsageError(
            f"{what}: the hub has no repository {spec.repo}, or it is private. Correct its name, or set HF_TOKEN to a "
            "token that may read it."
        )
    if isinstance(problem, errors.RevisionNotFoundError):
        return UsageError(f"{what}: {spec.repo} has no revision {spec.revision!r}. Name a branch, a tag or a commit.")
    if isinstance(problem, errors.HfHubHTTPError):
        return _refused(int(problem.response.status_code), what)
    if isinstance(problem, errors.HFValidationError):
        return UsageError(f"{what} is not the name of a repository: {_first_line(problem)}")
    if isinstance(problem, OSError) and problem.errno in _FULL:
        return TestbedError(
            f"{what} could not be kept: {problem.strerror}. Free some space, or move the cache with HF_HOME. Files "
            "that were whole are kept."
        )
    if isinstance(problem, OSError) and problem.errno is not None and problem.filename is not None:
        return UsageError(f"{problem.filename}: {problem.strerror}. Change that, or move the hub's cache with HF_HOME.")
    return TestbedError(
        f"{what}: the hub cannot be reached, or the connection broke off: {_first_line(problem)} Try again; files that "
        "were whole are kept."
    )


def _check_commit(spec: HubSpec, commit: str) -> None:
    """It names a folder of the cache."""
    if not is_pinned(replace(spec, revision=commit)):
        raise _of_another_shape(spec, ValueError(f"the commit is {commit!r}"))


def _of_another_shape(spec: HubSpec, problem: Exception) -> TestbedError:
    """The error for an answer that is no answer of the hub."""
    what = printable(f"{type(problem).__name__}: {problem}", at_most=_SHOWN)
    return TestbedError(
        f"{spec.repo}@{spec.revision}: what answers for the hub answers in another form than the hub ({what}). Does "
        "HF_ENDPOINT name a hub?"
    )


def _damaged(spec: HubSpec, what: object) -> UsageError:
    """The error for a cache whose own notes (refs, trees) cannot be read."""
    return UsageError(
        f"{spec.repo}@{spec.revision}: the hub's cache on this machine is damaged: "
        f"{printable(str(what), at_most=_SHOWN)}. Delete models--{spec.repo.replace('/', '--')} there and run "
        "`configspec models pull`."
    )


def _refused(status: int, what: str) -> ConfigspecError:
    if status in (401, 403):
        return UsageError(
            f"{what}: the hub refuses to give it ({status}). Set HF_TOKEN to a token that may read it; a wrong or "
            "expired one is refused even for public repositories."
        )
    return TestbedError(
        f"{what}: the hub answered with status {status}. Try again later; files that were whole are kept."
    )


def _first_line(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines()
    text = lines[0] if lines else type(problem).__name__
    return text if text.endswith(".") else f"{text}."
