"""The agent's loop: one request at a time, one answer each."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable
from dataclasses import MISSING

from .operations import Operations
from .outbox import Outbox
from .protocol import MAX_LINE_BYTES, AgentError, Deadline, JsonObject, encode, split_lines, usage_error
from .requests.forms import MOST, TEXT, number, read_value, whole
from .requests.registry import read_request

_DECODER = json.JSONDecoder()
_ID = whole(0, MOST)
_SECONDS = number(0.0)


def serve(chunks: Iterable[bytes], operations: Operations, deadline: Deadline, outbox: Outbox) -> None:
    """Answer every request of the stream."""
    for line in split_lines(chunks):
        if line != b"":  # a blank line only says that the host is still there
            outbox.send(_answer(line, operations, deadline, outbox))


def _answer(line: bytes | None, operations: Operations, deadline: Deadline, outbox: Outbox) -> bytes:
    request_id: int | None = None
    try:
        values = _parse(line)
        request_id = read_value("request", "id", values.pop("id", MISSING), _ID)
        op = read_value("request", "op", values.pop("op", MISSING), TEXT)
        limit_s = values.pop("deadline_s", None)
        deadline.start(None if limit_s is None else read_value(op, "deadline_s", limit_s, _SECONDS))
        outbox.in_hand = request_id
        answer = _encode({"id": request_id, "ok": operations.run(read_request(op, values))})
        if len(answer) > MAX_LINE_BYTES:
            raise usage_error(
                f"{op}: the answer is longer than a line may be",
                found=f"{len(answer)} bytes, at most {MAX_LINE_BYTES}",
                hint="Ask for fewer rounds or tokens at once.",
            )
        return answer
    except AgentError as error:
        return _encode({"id": request_id, "error": error.as_json()})
    except MemoryError:
        full = usage_error("the board's memory is full", hint="Use less context or a smaller model.")
        return _encode({"id": request_id, "error": full.as_json()})
    except Exception:  # our bug: the host shows it as one
        bug = AgentError("internal", "the agent failed", found=traceback.format_exc())
        return _encode({"id": request_id, "error": bug.as_json()})


def _encode(answer: JsonObject) -> bytes:
    return encode(answer, errors="replace")  # the name of a file on this board need not be UTF-8


def _parse(line: bytes | None) -> JsonObject:
    if line is None:
        raise usage_error(f"a request is longer than {MAX_LINE_BYTES} bytes")
    try:
        request = _DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise usage_error("a request is not JSON", found=str(error)) from None
    if not isinstance(request, dict):
        raise usage_error("a request must be a JSON object", found=type(request).__name__)
    return request
