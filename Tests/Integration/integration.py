"""What the scripts of several integration tests have in common; `run` puts it into their path."""

import json
import subprocess
import sys
from collections import Counter

# 2026-01-02T03:04:05Z, in nanoseconds; offsets are given in milliseconds.
START = 1_767_323_045_000_000_000


def at(milliseconds: int) -> int:
    return START + milliseconds * 1_000_000


def load(path: str):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


# The shop whose telemetry is sent


def described(role: str):
    """The resource of a shop that plays a role."""
    from opentelemetry.sdk.resources import Resource

    return Resource.create(
        {
            "service.name": role,
            "service.namespace": "integration",
            "service.instance.id": "instance-1",
            "service.version": "1.2.3",
        }
    )


def request(tracer, path: str, status: int, start: int):
    """Starts the span of a request that the shop serves; it is for the caller to end."""
    from opentelemetry.trace import SpanKind

    return tracer.start_span(
        "GET /orders/{id}",
        kind=SpanKind.SERVER,
        start_time=at(start),
        attributes={
            "http.request.method": "GET",
            "http.route": "/orders/{id}",
            "http.response.status_code": status,
            "url.scheme": "https",
            "url.path": path,
            "server.address": "shop.example",
            "client.address": "192.0.2.7",
            "user_agent.original": "integration/1",
            "order.priority": 7,
            "order.tags": ["a", "b"],
        },
    )


def fail_request(tracer, logger) -> None:
    """A request that fails, with an exception in its span and one in the log."""
    from opentelemetry import trace
    from opentelemetry.trace import Status, StatusCode

    span = request(tracer, "/orders/2", 500, start=1_000)
    with trace.use_span(span, end_on_exit=False):
        try:
            raise LookupError("no order 2")
        except LookupError as error:
            span.record_exception(error)
            span.set_status(Status(StatusCode.ERROR, "no order 2"))
        try:
            raise ValueError("two is odd, \u00fcbrigens \U0001f600")
        except ValueError:
            logger.exception("gave up")
    span.end(at(1_500))


def value(given):
    """An attribute value of a scenario; Scenario.swift of RowsSender has the table of its forms."""
    if isinstance(given, float):
        raise ValueError(f"write {given} as {{'double': …}}")
    if isinstance(given, list):
        return [value(element) for element in given]
    if isinstance(given, dict):
        if "double" in given:
            return float(given["double"])
        if "repeat" in given:
            return given["repeat"] * given["times"]
        return {key: value(element) for key, element in given["map"].items()}
    return given


# What arrived


def query(tool: str, endpoint: str, sql: str) -> list[dict]:
    """The rows that `azure-monitor local` has for a query."""
    command = [tool, "query", sql, "--endpoint", endpoint, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)


class Expectations:
    """Says whether what is found is what was expected, and counts what is not."""

    def __init__(self, tool: str, endpoint: str) -> None:
        self.tool = tool
        self.endpoint = endpoint
        self.failures = 0

    def report(self, what: str, expected, found) -> None:
        """Demands this very value, and of these types: 1 is neither 1.0 nor true."""
        same = json.dumps(expected) == json.dumps(found)
        print(f"{'ok  ' if same else 'FAIL'} {what}")
        if not same:
            self.failures += 1
            print(f"     expected {json.dumps(expected, ensure_ascii=False)}")
            print(f"     found    {json.dumps(found, ensure_ascii=False)}")

    def expect(self, what: str, sql: str, expected: list[dict]) -> None:
        """Demands these very rows, in this order, with these columns in theirs."""
        self.report(what, expected, query(self.tool, self.endpoint, sql))

    def exit(self) -> None:
        sys.exit(f"{self.failures} differences" if self.failures else 0)


# What is read


class Mistake(Exception):
    """Something that must not be in what we send."""


def refuse(what: str) -> None:
    raise Mistake(what[:300])


def unique(found: list[tuple]) -> dict:
    """An object of JSON, of which no key may be there twice."""
    held = dict(found)
    if len(held) != len(found):
        refuse(f"a key twice: {[key for key, n in Counter(k for k, _ in found).items() if n > 1]}")
    return held
