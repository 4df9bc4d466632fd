"""Files that are written whole or not at all, at a path or open."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeGuard

#: What may be written to, and what may be read.
Target = str | os.PathLike[str] | IO[bytes]
Source = Target | bytes


def writable(given: Target) -> Path | IO[bytes]:
    """Return a path at which a file may lie, or the open file.

    Raises
    ------
    ValueError
        What lies at the path is no file.
    TypeError
        It is neither a path nor a file.
    """
    return given if _is_open(given, "write") else _path(given, "saved")


def write(target: Path | IO[bytes], data: bytes) -> None:
    """Write to an open file, or put a file at a path in the place of a former one.

    Raises
    ------
    TypeError
        The file is open for text.
    OSError
        It can't be written.
    """
    if isinstance(target, Path):
        _replace(Path(os.path.realpath(target)), data)
        return
    rest = memoryview(data)
    try:
        # A raw file may take a part at a time, and say how much it was.
        while rest:
            written = target.write(rest)
            rest = rest[len(rest) if written is None else written :]
    except TypeError as error:
        raise TypeError(f"{target!r} is open for text; open it with mode 'wb'") from error
    except io.UnsupportedOperation as error:
        raise OSError(f"{target!r} is not open for writing; open it with mode 'wb'") from error


def readable(source: Source) -> tuple[Callable[[], Any], str]:
    """Return what reads a file whole, and what to call it in an error.

    Raises
    ------
    ValueError
        What lies at the path is no file.
    TypeError
        It is neither a path nor a file nor bytes.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return lambda: bytes(source), "what was given"
    if _is_open(source, "read"):
        return source.read, str(getattr(source, "name", "the file"))
    path = _path(source, "loaded")
    return path.read_bytes, str(path)


def _is_open(given: Any, method: str) -> TypeGuard[IO[bytes]]:
    return hasattr(given, method)


def _path(given: Any, verb: str) -> Path:
    """Return a path at which a file may lie."""
    try:
        path = Path(given)
    except TypeError as error:
        raise TypeError(f"path must be a path or a binary file, got {given!r}") from error
    if "\0" in str(path):
        raise ValueError(f"path must not hold null characters, got {given!r}")
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"no model can be {verb}: it is a folder", str(path))
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} can't be {verb}: it is no regular file; give another path")
    return path


def _replace(path: Path, data: bytes) -> None:
    """Put a file in the place of a former one when its last byte has reached the disk.

    A process that is killed on the way leaves a hidden file that ends in .draft.
    """
    draft = path.with_name(f".{uuid.uuid4().hex}.draft")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, draft)
        draft.replace(path)
    except OSError as error:
        why = f"the model can't be saved: {error.strerror}"
        raise OSError(error.errno, why, str(path)) from error
    finally:
        draft.unlink(missing_ok=True)
