# SPDX-License-Identifier: MIT
"""libsociety for Python: several agents in one project, without losing messages.

One module over the C library, with nothing but the standard library. See README.md beside it.

    import society

    with society.Society.open(agent="backend-001") as s:
        for message in s.messages():
            print(message["from"], message["content"])
            s.reply(message, "done")

What comes from the library is plain data: dictionaries and lists, as JSON has them. A Society is used by one thread at a time, as
the C handle is: give each thread its own. Calls that wait let other threads run, and Ctrl-C ends them.
"""

from __future__ import annotations

import ctypes
import errno
import json
import math
import os
import select
import subprocess
import threading
import time
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_uint32, c_void_p
from types import TracebackType
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Type, TypeVar, Union

__all__ = [
    "Society", "Stream", "Tasks", "Claim", "Ownership", "Reservation", "Mutex", "CURSOR", "END", "START",
    "SocietyError", "SystemCallError", "HeldError", "NotFoundError", "FencedError", "DeadlockError", "WaitTimeoutError",
    "CorruptError", "FormatError", "InvalidError", "UnsafeFilesystemError", "UnsafeFileError", "NoSocietyError", "NoAgentError",
    "GoneError", "TooBigError", "LibraryError", "ClosedError",
]  # fmt: skip

Json = Dict[str, Any]
"""A JSON object."""
Wait = Union[bool, float]
"""How long to wait for others: False, not at all; True, for ever; or seconds, after which WaitTimeoutError is raised."""
Patterns = Union[str, Iterable[str]]
Path = Union[str, "os.PathLike[str]"]
Paths = Union[Path, Iterable[Path]]

CURSOR = -1
"""Where a stream of messages begins: at the agent's cursor."""
END = -2
"""With what is appended from now on."""
START = -3
"""With the oldest record kept."""

MINIMUM = (0, 1, 0)


# ---- Errors


class SocietyError(Exception):
    """`code` is the name of the result, as HELD or ENOSPC; `result` what the library returned."""

    def __init__(self, message: str, code: str, result: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.result = result


class SystemCallError(SocietyError):
    """An error of the system; `code` is ENOSPC, EACCES and so on."""

    @property
    def errno(self) -> int:
        return -self.result


class HeldError(SocietyError):
    """Somebody else has it."""


class NotFoundError(SocietyError):
    """There is no such thing."""


class FencedError(SocietyError):
    """The claim or reservation was taken over."""


class DeadlockError(SocietyError):
    """Waiting would close a cycle of agents that wait for each other."""


class WaitTimeoutError(SocietyError):
    """The time is over; nothing was done."""


class CorruptError(SocietyError):
    """What is stored is damaged."""


class FormatError(SocietyError):
    """A malformed file, or one of a later version."""


class InvalidError(SocietyError):
    """An argument or a field."""


class UnsafeFilesystemError(SocietyError):
    """Locks may not hold there."""


class UnsafeFileError(SocietyError):
    """A file of the society is none of its own."""


class NoSocietyError(SocietyError):
    """None here or above."""


class NoAgentError(SocietyError):
    """Nobody said who is speaking."""


class GoneError(SocietyError):
    """The society's directory was removed."""


class TooBigError(SocietyError):
    """Larger than the format allows."""


class LibraryError(SocietyError):
    """libsociety is missing or too old."""


class ClosedError(SocietyError):
    """The object was closed."""


_CLASSES: Dict[str, Type[SocietyError]] = {
    "HELD": HeldError, "NOT_FOUND": NotFoundError, "FENCED": FencedError, "DEADLOCK": DeadlockError, "TIMEOUT": WaitTimeoutError,
    "CORRUPT": CorruptError, "FORMAT": FormatError, "INVALID": InvalidError, "UNSAFE_FILESYSTEM": UnsafeFilesystemError,
    "UNSAFE_FILE": UnsafeFileError, "NO_SOCIETY": NoSocietyError, "NO_AGENT": NoAgentError, "GONE": GoneError,
    "TOO_BIG": TooBigError, "LIBRARY": LibraryError, "CLOSED": ClosedError,
}  # fmt: skip

_WOKEN = -4111
_INTERRUPTED = -errno.EINTR


def _error(result: int, message: str) -> SocietyError:
    code = _lib().society_error_name(result).decode()
    kind = _CLASSES.get(code) or (SystemCallError if result >= -4095 else SocietyError)
    return kind(message, code, result)


def _invalid(message: str) -> InvalidError:
    return InvalidError(message, "INVALID", -4103)


# ---- The library

_OUT = POINTER(c_void_p)
_FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "society_version": (c_char_p, []),
    "society_error_name": (c_char_p, [c_int]),
    "society_strerror": (c_char_p, [c_int]),
    "society_free": (None, [c_void_p]),
    "society_new": (c_int, [_OUT]),
    "society_close": (None, [c_void_p]),
    "society_init": (c_int, [c_void_p, c_char_p, c_char_p, c_uint32]),
    "society_open": (c_int, [c_void_p, c_char_p]),
    "society_identify": (c_int, [c_void_p, c_char_p]),
    "society_dir": (c_char_p, [c_void_p]),
    "society_agent": (c_char_p, [c_void_p]),
    "society_last_message": (c_char_p, [c_void_p]),
    "society_list_count": (c_int64, [c_void_p]),
    "society_list_item": (c_char_p, [c_void_p, c_int64]),
    "society_list_free": (None, [c_void_p]),
    "society_register": (c_int, [c_void_p, c_char_p]),
    "society_set_status": (c_int, [c_void_p, c_char_p, c_char_p]),
    "society_leave": (c_int, [c_void_p]),
    "society_join": (c_int, [c_void_p]),
    "society_part": (c_int, [c_void_p]),
    "society_online": (c_int, [c_void_p, c_char_p]),
    "society_agents": (c_int, [c_void_p, _OUT]),
    "society_agent_get": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_send": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_send_lines": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_attach": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_attachment_open": (c_int, [c_void_p, c_char_p, POINTER(c_int32)]),
    "society_inbox": (c_int, [c_void_p, c_uint32, c_char_p, _OUT]),
    "society_message_get": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_mark_delivered": (c_int, [c_void_p, c_char_p]),
    "society_acknowledge": (c_int, [c_void_p, c_char_p]),
    "society_task_create": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_task_create_lines": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_tasks": (c_int, [c_void_p, c_uint32, c_char_p, _OUT]),
    "society_task_get": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_task_claim_several": (c_int, [c_void_p, c_int32, c_uint32, c_int64, _OUT]),
    "society_task_claim_with": (c_int, [c_void_p, c_char_p, c_uint32, c_int64, c_int32, _OUT]),
    "society_task_change": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_int64]),
    "society_renew": (c_int, [c_void_p, POINTER(c_int32)]),
    "society_own_acquire": (c_int, [c_void_p, c_char_p, c_uint32, c_char_p, c_int32, _OUT]),
    "society_own_release": (c_int, [c_void_p, c_char_p]),
    "society_own_renew": (c_int, [c_void_p, c_char_p, c_int64]),
    "society_own_handover": (c_int, [c_void_p, c_char_p, c_char_p]),
    "society_own_change": (c_int, [c_void_p, c_int64, c_char_p, c_char_p]),
    "society_own_check": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_own_list": (c_int, [c_void_p, _OUT]),
    "society_mutex_lock": (c_int, [c_void_p, c_char_p, c_int32, _OUT]),
    "society_mutex_unlock": (None, [c_void_p]),
    "society_own_wait": (c_int, [c_void_p, c_char_p, c_uint32, c_char_p, _OUT]),
    "society_task_wait": (c_int, [c_void_p, c_char_p, c_uint32, c_int64, _OUT]),
    "society_mutex_wait": (c_int, [c_void_p, c_char_p, _OUT]),
    "society_wait_fd": (c_int32, [c_void_p]),
    "society_wait_take": (c_int, [c_void_p, _OUT]),
    "society_wait_mutex": (c_int, [c_void_p, _OUT]),
    "society_wait_close": (None, [c_void_p]),
    "society_tail_open": (c_int, [c_void_p, c_char_p, c_int64, c_uint32, _OUT]),
    "society_tail_close": (None, [c_void_p]),
    "society_tail_fd": (c_int32, [c_void_p]),
    "society_tail_next": (c_int, [c_void_p, POINTER(c_char_p), POINTER(c_int64)]),
    "society_tail_wait": (c_int, [c_void_p, c_int32]),
    "society_tail_wake": (c_int, [c_void_p]),
    "society_tail_commit": (c_int, [c_void_p]),
    "society_tail_incident": (c_char_p, [c_void_p]),
    "society_status": (c_int, [c_void_p, _OUT]),
    "society_check": (c_int, [c_void_p, c_uint32, _OUT]),
    "society_compact": (c_int, [c_void_p, c_char_p, c_uint32, _OUT]),
}

_NAME = "libsociety.so.0"
_loaded: Optional[ctypes.CDLL] = None


def _candidates() -> List[str]:
    """What to try, in order: $SOCIETY_LIBRARY alone; else pkg-config's directory, and whatever the loader finds."""
    named = os.environ.get("SOCIETY_LIBRARY")
    if named:
        return [named]
    try:
        asked = subprocess.run(["pkg-config", "--variable=libdir", "society"], capture_output=True, text=True, check=False)
        directory = asked.stdout.strip() if asked.returncode == 0 else ""
    except OSError:
        directory = ""  # there is no pkg-config
    installed = os.path.join(directory, _NAME)
    return [installed, _NAME] if directory and os.path.exists(installed) else [_NAME]


def _load(names: List[str]) -> Tuple[ctypes.CDLL, str]:
    reasons = []
    for name in names:
        try:
            return ctypes.CDLL(name), name
        except OSError as error:
            reasons.append(str(error))
    needed = ".".join(map(str, MINIMUM))
    raise LibraryError(
        f"libsociety cannot be loaded ({'; '.join(reasons)}). Install libsociety {needed} or later, "
        f"or set SOCIETY_LIBRARY to the path of {_NAME}.",
        "LIBRARY",
    )


def _lib() -> ctypes.CDLL:
    global _loaded
    if _loaded is None:
        library, name = _load(_candidates())
        needed = ".".join(map(str, MINIMUM))
        try:
            for function, (result, arguments) in _FUNCTIONS.items():
                pointer = getattr(library, function)
                pointer.restype, pointer.argtypes = result, arguments
        except AttributeError as error:
            raise LibraryError(f"{name} is too old, or not libsociety ({error}): {needed} or later is needed", "LIBRARY") from None
        version = library.society_version().decode()
        if tuple(int(part) for part in version.split(".")[:3]) < MINIMUM:
            raise LibraryError(f"libsociety {version} ({name}) is too old: {needed} or later is needed", "LIBRARY")
        _loaded = library
    return _loaded


# ---- Arguments and results


def _bytes(value: Optional[str]) -> Optional[bytes]:
    """A string that C can hold."""
    if value is None:
        return None
    if "\0" in value:
        raise _invalid("a string must not contain NUL")
    return value.encode("utf-8", "surrogateescape")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, allow_nan=False).encode()


def _parse(text: Union[str, bytes]) -> Any:
    """JSON. An integer with more digits than Python reads, which anybody may have written, is infinite, as is 1e999."""
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> Union[int, float]:
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _fields(**fields: Any) -> Optional[bytes]:
    """Those that are given, as a JSON object."""
    given = {name: value for name, value in fields.items() if value is not None}
    return _json(given) if given else None


def _patterns(patterns: Patterns) -> bytes:
    if isinstance(patterns, os.PathLike):
        raise _invalid("a pattern is a string, and not a path, whose name may have * or [ in it")
    return _json([patterns] if isinstance(patterns, str) else list(patterns))


def _paths(paths: Paths) -> bytes:
    several = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    return _json([os.fspath(path) for path in several])


def _milliseconds(seconds: float) -> int:
    if not -math.inf < seconds < math.inf:
        raise _invalid(f"a lease is a number of seconds, not {seconds}")
    return int(seconds * 1000)


def _int64(value: int, name: str) -> int:
    """What C can hold, which ctypes does not ask."""
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise _invalid(f"{name} must be an integer of 64 bits")
    return value


def _take_text(pointer: c_void_p) -> str:
    """The text that the library gave away."""
    try:
        return ctypes.string_at(pointer.value or 0).decode()
    finally:
        _lib().society_free(pointer)


def _take_list(pointer: c_void_p) -> List[Any]:
    library = _lib()
    try:
        count = library.society_list_count(pointer)
        return [_parse(library.society_list_item(pointer, i)) for i in range(count)]
    finally:
        library.society_list_free(pointer)


class _Handle:
    """The C handle: `with handle as pointer:` around every call.

    A second thread is refused meanwhile, for which C has no words. Only what the garbage collector closes, in whatever thread it
    runs, may have to wait until the handle is free.
    """

    def __init__(self) -> None:
        pointer = c_void_p()
        result = _lib().society_new(byref(pointer))
        if result < 0:
            raise _error(result, "no handle could be made")
        self.pointer: Optional[c_void_p] = pointer
        self._lock = threading.RLock()
        self._forgotten: List[c_void_p] = []  # tails to close

    def __enter__(self) -> c_void_p:
        if not self._lock.acquire(blocking=False):
            raise SystemCallError("this society is in use by another thread; give each thread its own", "EBUSY", -errno.EBUSY)
        if self.pointer is None:
            self._lock.release()
            raise ClosedError("this society is closed", "CLOSED")
        while self._forgotten:
            _lib().society_tail_close(self._forgotten.pop())
        return self.pointer

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._lock.release()

    def close(self) -> None:
        if self.pointer is not None:
            with self as pointer:
                self.pointer = None
                _lib().society_close(pointer)

    def close_tail(self, tail: c_void_p) -> None:
        self._forgotten.append(tail)
        if self.pointer is not None and self._lock.acquire(blocking=False):
            self._lock.release()
            with self:
                pass

    def check(self, result: int) -> int:
        if result < 0:
            raise _error(result, _lib().society_last_message(self.pointer).decode())
        return result

    def call(self, name: str, *arguments: Any) -> int:
        with self as pointer:
            return self.check(getattr(_lib(), name)(pointer, *arguments))

    def text(self, name: str, *arguments: Any) -> str:
        out = c_void_p()
        self.call(name, *arguments, byref(out))
        return _take_text(out)

    def list(self, name: str, *arguments: Any) -> List[Any]:
        out = c_void_p()
        self.call(name, *arguments, byref(out))
        return _take_list(out)

    def wait(self, wait: Wait, kind: str, arguments: Tuple[Any, ...], now: Callable[[], c_void_p]) -> c_void_p:
        """Takes something, waiting for it as long as `wait` says; `now` takes it at once or says who has it."""
        if wait is False:
            return now()
        if wait is not True and not wait >= 0:
            raise _invalid("wait must be True, False or a number of seconds")
        deadline = None if wait is True else time.monotonic() + wait
        pointer = c_void_p()
        self.call(f"society_{kind}_wait", *arguments, byref(pointer))
        try:
            taken = self._take(pointer, "society_wait_mutex" if kind == "mutex" else "society_wait_take", deadline)
        finally:
            if self.pointer is not None:
                with self:
                    _lib().society_wait_close(pointer)
        return taken if taken is not None else self._take_late(now, wait)

    def _take(self, pointer: c_void_p, take: str, deadline: Optional[float]) -> Optional[c_void_p]:
        out = c_void_p()
        poll = select.poll()
        polled = -1
        while not self._try(take, pointer, out):
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            if polled < 0:
                polled = _lib().society_wait_fd(pointer)
                poll.register(polled, select.POLLIN)
            poll.poll(None if left is None else min(left * 1000 + 1, 2**30))
        return out

    def _try(self, take: str, pointer: c_void_p, out: c_void_p) -> bool:
        with self:
            return self.check(getattr(_lib(), take)(pointer, byref(out))) == 1

    def _take_late(self, now: Callable[[], c_void_p], wait: Wait) -> c_void_p:
        try:
            return now()
        except (HeldError, NotFoundError) as error:
            raise WaitTimeoutError(f"{wait} s are over: {error}", "TIMEOUT", -4100) from None


# ---- Streams


class Stream(Iterator[Json]):
    """A log as it grows, from messages() or follow().

    A stream of messages commits each of them when the next one is asked for: at least once. A loop that was left has not committed
    the message at hand; commit() does.
    """

    def __init__(self, society: Society, log: str, position: int, flags: int, commits: bool, timeout: Optional[float]) -> None:
        self._society = society  # which is not collected before its streams
        self._handle = society._handle
        self._log = log
        self._commits = commits
        self._given = False
        self._incident: Optional[str] = None
        self.timeout = timeout
        pointer = c_void_p()
        self._handle.call("society_tail_open", _bytes(log), _int64(position, "start"), flags, byref(pointer))
        self._pointer: Optional[c_void_p] = pointer
        self._finalizer = weakref.finalize(self, self._handle.close_tail, pointer)

    def _get(self) -> c_void_p:
        if self._pointer is None:
            raise ClosedError("this stream is closed", "CLOSED")
        return self._pointer

    def __repr__(self) -> str:
        return f"<{'closed ' if self._pointer is None else ''}stream of {self._log}>"

    def poll(self) -> Optional[Json]:
        """The next record, if there is one already. Commits nothing."""
        record, position = c_char_p(), c_int64()
        with self._handle:
            tail = self._get()
            found = self._handle.check(_lib().society_tail_next(tail, byref(record), byref(position)))
            text = record.value if found == 1 else None
            incident = _lib().society_tail_incident(tail)
        self._incident = incident.decode() if incident else self._incident
        if text is None:
            return None
        value: Json = _parse(text)
        if self._log != "presence":
            value["position"] = position.value
        self._given = True
        return value

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Whether there is a record, within so many seconds (None: for ever). False also when wake() was called."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = -1 if deadline is None else min(max(0, int((deadline - time.monotonic()) * 1000 + 0.999)), 2**31 - 1)
            with self._handle:
                result = _lib().society_tail_wait(self._get(), left)
                if result == _WOKEN:
                    return False
                if result != _INTERRUPTED:  # after a signal, whose handler has run, it goes on
                    return self._handle.check(result) == 1

    def __next__(self) -> Json:
        """The next record; the end, when the stream's timeout is over or wake() was called."""
        if self._commits and self._given:
            self.commit()
        record = self.poll()
        while record is None:
            if not self.wait(self.timeout):
                raise StopIteration
            record = self.poll()
        return record

    def commit(self) -> None:
        """Moves the agent's cursor over everything that was given."""
        with self._handle:
            self._handle.check(_lib().society_tail_commit(self._get()))
        self._given = False

    def wake(self) -> None:
        """Ends the present wait, or the next one. Any thread may call it."""
        result = _lib().society_tail_wake(self._get())
        if result < 0:
            raise _error(result, _lib().society_strerror(result).decode())

    def fileno(self) -> int:
        """Readable, for select and asyncio, when poll() may have something."""
        return int(_lib().society_tail_fd(self._get()))

    @property
    def incident(self) -> Optional[str]:
        """What happened to the log behind the stream's back, since this was asked last; None when nothing did."""
        incident, self._incident = self._incident, None
        return incident

    def close(self) -> None:
        if self._pointer is not None:
            self._pointer = None
            self._finalizer()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()


# ---- Tasks

_NO_TOKEN = -1
_TASKS_READY = 1
_TASKS_MINE = 2
_CLAIM_OWN = 1
_CLAIM_RESUME = 2
_CLAIM_FAMILIAR = 4

_Self = TypeVar("_Self", bound="_Held")


class _Held:
    """What is given back at the end of a `with` block, unless it was ended otherwise or is another's."""

    held = True

    def release(self) -> None:
        raise NotImplementedError

    def _about(self, change: Callable[[], Any], ends: bool) -> None:
        try:
            change()
        except FencedError:
            self.held = False
            raise
        self.held = self.held and not ends

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        try:
            if self.held:
                self.release()
        except (FencedError, HeldError, NotFoundError):
            pass  # another has it, or there is nothing left of it: a task that was cancelled


class Claim(_Held):
    """The claim on a task. Whoever works for longer than its lease without having joined renews it now and then."""

    def __init__(self, tasks: Tasks, claim: Json) -> None:
        self._tasks = tasks
        self.id: str = claim["task"]
        self.token: int = claim["token"]
        self.lease: float = claim["leaseMs"] / 1000
        self.takeover: Optional[int] = claim["takeover"]

    def _change(self, change: str, ends: bool = False, **fields: Any) -> None:
        self._about(lambda: self._tasks.change(self.id, change, fields or None, self.token), ends)

    def __repr__(self) -> str:
        return f"<{'claim' if self.held else 'former claim'} {self.id}, token {self.token}>"

    def task(self) -> Json:
        return self._tasks.get(self.id)

    def renew(self, lease: Optional[float] = None) -> None:
        self._change("renew", **_lease(lease))

    def note(self, text: str) -> None:
        self._change("note", text=text)

    def complete(self, result: Any = None) -> None:
        self._change("complete", True, **_given(result=result))

    def submit(self, result: Any = None) -> None:
        self._change("submit", True, **_given(result=result))

    def fail(self, reason: Optional[str] = None) -> None:
        self._change("fail", True, **_given(reason=reason))

    def block(self, reason: str) -> None:
        self._change("block", True, reason=reason)

    def release(self) -> None:
        self._change("release", True)


def _given(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _lease(lease: Optional[float]) -> Json:
    if lease is None:
        return {}
    return {"leaseMs": _milliseconds(lease) or (1 if lease > 0 else 0)}


class Tasks:
    """The tasks of a society: `society.tasks`."""

    def __init__(self, society: Society) -> None:
        self._society = society  # which is not collected before its claims
        self._handle = society._handle

    def create(self, title: str, **fields: Any) -> str:
        """Makes a task and gives its id. Fields: id, description, priority, dependsOn, labels, paths, role, assignee, …"""
        return self._handle.text("society_task_create", _json({"title": title, **fields}))

    def create_all(self, tasks: Union[str, Iterable[Mapping[str, Any]]]) -> List[str]:
        """Makes several, from objects or from JSON lines: all or none."""
        lines = tasks.encode() if isinstance(tasks, str) else b"\n".join(_json(dict(task)) for task in tasks)
        return self._handle.list("society_task_create_lines", lines)

    def list(self, state: Optional[str] = None, ready: bool = False, mine: bool = False) -> List[Json]:
        flags = (_TASKS_READY if ready else 0) | (_TASKS_MINE if mine else 0)
        return self._handle.list("society_tasks", flags, _bytes(state))

    def get(self, id: str) -> Json:
        task: Json = _parse(self._handle.text("society_task_get", _bytes(id)))
        return task

    def claim(
        self,
        id: Optional[str] = None,
        lease: float = 0,
        wait: Wait = False,
        own: bool = False,
        resume: bool = False,
        familiar: bool = False,
    ) -> Claim:
        """Claims a task, or the best that is ready.

        `own`: with its paths, both or neither, which can't be waited for; `resume`: what the agent holds from an earlier run comes
        first; `familiar`: among equals what is most like what it has completed.
        """
        flags = (_CLAIM_OWN if own else 0) | (_CLAIM_RESUME if resume else 0) | (_CLAIM_FAMILIAR if familiar else 0)
        arguments = (_bytes(id), flags, _milliseconds(lease))

        def now() -> c_void_p:
            out = c_void_p()
            self._handle.call("society_task_claim_with", *arguments, 0, byref(out))
            return out

        return Claim(self, _parse(_take_text(self._handle.wait(wait, "task", arguments, now))))

    def claim_several(self, count: int, lease: float = 0, familiar: bool = False) -> List[Claim]:
        """Claims so many of the best that are ready, 100 at most, or as many as there are: one at least, or NotFoundError."""
        if not isinstance(count, int) or not 0 < count <= 100:
            raise _invalid("count must be an integer of 1 to 100")
        flags = _CLAIM_FAMILIAR if familiar else 0
        claims = self._handle.list("society_task_claim_several", count, flags, _milliseconds(lease))
        return [Claim(self, claim) for claim in claims]

    def change(self, id: str, change: str, fields: Optional[Mapping[str, Any]] = None, token: int = _NO_TOKEN) -> None:
        """Any change that society_task_change(3) knows."""
        given = None if fields is None else _json(dict(fields))
        self._handle.call("society_task_change", _bytes(id), _bytes(change), given, _int64(token, "token"))

    def complete(self, id: str, result: Any = None) -> None:
        self.change(id, "complete", _given(result=result))

    def note(self, id: str, text: str) -> None:
        self.change(id, "note", {"text": text})

    def block(self, id: str, reason: str) -> None:
        self.change(id, "block", {"reason": reason})

    def unblock(self, id: str) -> None:
        self.change(id, "unblock")

    def cancel(self, id: str, reason: Optional[str] = None) -> None:
        self.change(id, "cancel", _given(reason=reason))

    def reopen(self, id: str, text: Optional[str] = None) -> None:
        self.change(id, "reopen", _given(text=text))

    def assign(self, id: str, to: Optional[str]) -> None:
        self.change(id, "assign", {"to": to})

    def depend(self, id: str, on: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        self.change(id, "depend", {"dependsOn": list(on), "remove": list(remove)})

    def edit(self, id: str, **fields: Any) -> None:
        self.change(id, "edit", {"fields": fields})


# ---- Ownership

_OWN_SHARED = 1


class Reservation(_Held):
    """Paths that are reserved for the agent."""

    def __init__(self, ownership: Ownership, fields: Json) -> None:
        self._ownership = ownership
        self.paths: List[str] = fields["paths"]
        self.mode: str = fields["mode"]
        self.token: int = fields["token"]
        self.lease: float = fields["leaseMs"] / 1000

    def __repr__(self) -> str:
        return f"<{'reservation' if self.held else 'former reservation'} {self.paths}, token {self.token}>"

    def _change(self, change: str, ends: bool, fields: Optional[bytes] = None) -> None:
        self._about(lambda: self._ownership._change(self.token, change, fields), ends)

    def renew(self, lease: Optional[float] = None) -> None:
        self._change("renew", False, _fields(**_lease(lease)))

    def release(self) -> None:
        self._change("release", True)

    def handover(self, to: str) -> None:
        self._change("handover", True, _fields(to=to))


class Ownership:
    """Who may write which files: `society.ownership`."""

    def __init__(self, society: Society) -> None:
        self._society = society  # which is not collected before its reservations
        self._handle = society._handle

    def acquire(
        self,
        patterns: Patterns,
        shared: bool = False,
        reason: Optional[str] = None,
        task: Optional[str] = None,
        lease: Optional[float] = None,
        wait: Wait = False,
    ) -> Reservation:
        """Reserves files by patterns: all or none."""
        arguments = (_patterns(patterns), _OWN_SHARED if shared else 0, _fields(reason=reason, task=task, **_lease(lease)))

        def now() -> c_void_p:
            out = c_void_p()
            self._handle.call("society_own_acquire", *arguments, 0, byref(out))
            return out

        return Reservation(self, _parse(_take_text(self._handle.wait(wait, "own", arguments, now))))

    def release(self, patterns: Optional[Patterns] = None) -> int:
        """Gives back those with one of the patterns, or all of the agent's: their number."""
        return self._handle.call("society_own_release", None if patterns is None else _patterns(patterns))

    def renew(self, patterns: Optional[Patterns] = None, lease: float = 0) -> int:
        return self._handle.call("society_own_renew", None if patterns is None else _patterns(patterns), _milliseconds(lease))

    def handover(self, pattern: str, to: str) -> None:
        self._handle.call("society_own_handover", _bytes(pattern), _bytes(to))

    def check(self, paths: Paths) -> List[Json]:
        """The paths that the agent may not write now: objects with `path` and `owner`."""
        return self._handle.list("society_own_check", _paths(paths))

    def list(self) -> List[Json]:
        return self._handle.list("society_own_list")

    def _change(self, token: int, change: str, fields: Optional[bytes]) -> None:
        self._handle.call("society_own_change", token, change.encode(), fields)


class Mutex:
    """A named mutex that this process holds; `with` gives it back."""

    def __init__(self, name: str, pointer: c_void_p) -> None:
        self.name = name
        self._finalizer = weakref.finalize(self, _lib().society_mutex_unlock, pointer)

    def __repr__(self) -> str:
        return f"<{'mutex' if self._finalizer.alive else 'former mutex'} {self.name}>"

    def release(self) -> None:
        self._finalizer()

    def __enter__(self) -> Mutex:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.release()


# ---- The society

_TAIL_EVERYONE = 1
_TAIL_RECEIPTS = 2


class _Presence:
    def __init__(self, society: Society) -> None:
        self._society = society

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._society.part()


def _id_of(message: Union[str, Mapping[str, Any]]) -> Optional[bytes]:
    return _bytes(message if isinstance(message, str) else message["id"])


class Society:
    """A society, as one agent sees it. Made by open() or init(); closed by close() or at the end of a `with` block."""

    def __init__(self, calls: List[Tuple[Any, ...]], agent: Optional[str]) -> None:
        self._handle = _Handle()
        self._finalizer = weakref.finalize(self, self._handle.close)
        try:
            for call in calls:
                self._handle.call(*call)
            self._identify(agent)
        except BaseException:
            self.close()
            raise

    def _identify(self, agent: Optional[str]) -> None:
        try:
            self._handle.call("society_identify", _bytes(agent))
        except NoAgentError:
            pass  # one who only looks needs no name

    @classmethod
    def open(cls, dir: Optional[Path] = None, agent: Optional[str] = None) -> Society:
        """Opens the society of `dir`, or the one that the working directory belongs to, as `agent`, or as whom the environment says."""
        return cls([("society_open", _path(dir))], agent)

    @classmethod
    def init(
        cls,
        path: Optional[Path] = None,
        project_id: Optional[str] = None,
        shared: bool = False,
        agent: Optional[str] = None,
    ) -> Society:
        """Makes a society in the project's directory, if there is none, and opens it."""
        return cls([("society_init", _path(path), _bytes(project_id), 1 if shared else 0)], agent)

    def close(self) -> None:
        """Closes it, with its streams. Claims and reservations stay the agent's."""
        self._handle.close()

    def __enter__(self) -> Society:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._handle.pointer is None:
            return "<closed society>"
        return f"<society {self.dir} as {self.agent or 'nobody'}>"

    @property
    def dir(self) -> str:
        with self._handle as pointer:
            return os.fsdecode(_lib().society_dir(pointer))

    @property
    def agent(self) -> Optional[str]:
        with self._handle as pointer:
            agent = _lib().society_agent(pointer)
            return agent.decode() if agent else None

    @property
    def tasks(self) -> Tasks:
        return Tasks(self)

    @property
    def ownership(self) -> Ownership:
        return Ownership(self)

    # ---- Agents

    def register(self, **fields: Any) -> None:
        """Registers the agent, or changes what is given: role, capabilities, workspace, url, branch, model, supervisor, …"""
        self._handle.call("society_register", _json(fields))

    def set_status(self, status: str, note: Optional[str] = None) -> None:
        self._handle.call("society_set_status", _bytes(status), _bytes(note))

    def join(self) -> _Presence:
        """Online from now on, until part(), close() or the end of the process; or of the block: `with society.join():`."""
        self._handle.call("society_join")
        return _Presence(self)

    def part(self) -> None:
        self._handle.call("society_part")

    def leave(self) -> None:
        """Takes the agent off the registry."""
        self._handle.call("society_leave")

    def renew(self) -> int:
        """Renews what the agent holds, claims and reservations, where a third of the lease is over: the number of them."""
        return self._handle.call("society_renew", None)

    def online(self, agent: str) -> bool:
        return self._handle.call("society_online", _bytes(agent)) == 1

    def agents(self) -> List[Json]:
        return self._handle.list("society_agents")

    def agent_info(self, agent: str) -> Json:
        info: Json = _parse(self._handle.text("society_agent_get", _bytes(agent)))
        return info

    # ---- Messages

    def send(self, to: Union[str, List[str]], content: Any, **fields: Any) -> str:
        """Sends a message and gives its id. Fields: type, subject, replyTo, priority, ackRequired, attachments, data, …"""
        return self._handle.text("society_send", _json({"to": to, "content": content, **fields}))

    def send_all(self, messages: Iterable[Mapping[str, Any]]) -> List[str]:
        """Sends several in one transaction: all or none."""
        return self._handle.list("society_send_lines", b"\n".join(_json(dict(message)) for message in messages))

    def reply(self, message: Mapping[str, Any], content: Any, **fields: Any) -> str:
        """Answers a message: to its sender, in its thread."""
        if not isinstance(message.get("from"), str):
            raise _invalid("the message that is answered has no sender")
        own = _given(replyTo=message.get("id"), type="answer" if message.get("type") == "question" else None)
        return self.send(message["from"], content, **{**own, **fields})

    def inbox(self, unread: bool = False, thread: Optional[str] = None) -> List[Json]:
        return self._handle.list("society_inbox", 1 if unread else 0, _bytes(thread))

    def message(self, id: str) -> Json:
        message: Json = _parse(self._handle.text("society_message_get", _bytes(id)))
        return message

    def mark_delivered(self, message: Union[str, Mapping[str, Any]]) -> bool:
        return self._handle.call("society_mark_delivered", _id_of(message)) == 1

    def acknowledge(self, message: Union[str, Mapping[str, Any]]) -> bool:
        """Whether that was not recorded before."""
        return self._handle.call("society_acknowledge", _id_of(message)) == 1

    def attach(self, path: Path) -> Json:
        """Stores a file, and gives the object for a message's `attachments`."""
        attachment: Json = _parse(self._handle.text("society_attach", _path(path)))
        return attachment

    def attachment(self, attachment: Union[str, Mapping[str, Any]]) -> BinaryIO:
        """The content, verified, as a file to read."""
        fd = c_int32()
        digest = attachment if isinstance(attachment, str) else attachment["hash"]
        self._handle.call("society_attachment_open", _bytes(digest), byref(fd))
        return os.fdopen(fd.value, "rb")

    def messages(
        self, start: int = CURSOR, timeout: Optional[float] = None, receipts: bool = False, commit: bool = True
    ) -> Stream:
        """The agent's messages as they come, from its cursor on; the loop ends after `timeout` seconds without one."""
        return Stream(self, "messages", start, _TAIL_RECEIPTS if receipts else 0, commit, timeout)

    def follow(self, log: str, start: int = END, timeout: Optional[float] = None) -> Stream:
        """The records of a log: messages (of everyone), deliveries, registry, tasks, ownership; or presence."""
        return Stream(self, log, start, _TAIL_EVERYONE if log == "messages" else 0, False, timeout)

    # ---- The whole

    def mutex(self, name: str, wait: Wait = False) -> Mutex:
        """Takes a named mutex."""

        def now() -> c_void_p:
            out = c_void_p()
            self._handle.call("society_mutex_lock", _bytes(name), 0, byref(out))
            return out

        return Mutex(name, self._handle.wait(wait, "mutex", (_bytes(name),), now))

    def status(self) -> Json:
        status: Json = _parse(self._handle.text("society_status"))
        return status

    def doctor(self, repair: bool = False) -> List[Json]:
        """Verifies everything that is stored, and repairs what can be repaired without rewriting a record."""
        return self._handle.list("society_check", 1 if repair else 0)

    def compact(self, log: Optional[str] = None, force: bool = False, retain: bool = False) -> List[Json]:
        """Moves history out of the logs."""
        return self._handle.list("society_compact", _bytes(log), (1 if force else 0) | (2 if retain else 0))


def _path(path: Optional[Path]) -> Optional[bytes]:
    if path is None:
        return None
    name = os.fsencode(path)
    if b"\0" in name:
        raise _invalid("a path must not contain NUL")
    return name
