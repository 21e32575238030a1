"""Checks the request bodies that `RowsSender random` writes, with Python's reader of JSON.

    envelopes.py < BODIES

Each body must be a JSON array of envelopes in UTF-8, with no key twice in any object, no number
that is not finite, and no text that is no text; tags and properties must be texts, and whatever
has a limit must keep it, counted in UTF-16 units. The first ten mistakes are printed, and the exit
status is 1 if there is one. Envelopes with a mistake of each kind come first: one that is taken
for good is a mistake, too.
"""

import gzip
import json
import math
import re
import sys
from collections import Counter

from integration import Mistake, refuse, unique

# The most UTF-16 units.
TAGS = {
    "ai.operation.id": 128,
    "ai.operation.name": 1024,
    "ai.operation.parentId": 512,
    "ai.operation.syntheticSource": 1024,
    "ai.user.id": 1024,
    "ai.user.authUserId": 1024,
    "ai.user.userAgent": 2048,
    "ai.application.ver": 1024,
    "ai.cloud.role": 256,
    "ai.cloud.roleInstance": 256,
    "ai.internal.sdkVersion": 64,
    "ai.internal.nodeName": 256,
    "ai.session.id": 64,
    "ai.device.id": 1024,
    "ai.device.model": 256,
    "ai.device.oemName": 256,
    "ai.device.type": 64,
    "ai.device.locale": 64,
    "ai.location.ip": 46,
}
LONG_PROPERTIES = {
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.evaluation.explanation",
}
TEXT, NUMBER, TRUTH = "text", "number", "truth"
# The fields of each kind: what they are, how long, and whether they must be there.
FIELDS = {
    "RequestData": {
        "id": (TEXT, 512, True),
        "name": (TEXT, 1024, False),
        "duration": (TEXT, 64, True),
        "success": (TRUTH, 0, True),
        "responseCode": (TEXT, 1024, True),
        "source": (TEXT, 1024, False),
        "url": (TEXT, 2048, False),
    },
    "RemoteDependencyData": {
        "id": (TEXT, 512, False),
        "name": (TEXT, 1024, True),
        "duration": (TEXT, 64, True),
        "success": (TRUTH, 0, False),
        "resultCode": (TEXT, 1024, False),
        "data": (TEXT, 8192, False),
        "type": (TEXT, 1024, False),
        "target": (TEXT, 1024, False),
    },
    "ExceptionData": {"severityLevel": (NUMBER, 0, False)},
    "MessageData": {"message": (TEXT, 32768, True), "severityLevel": (NUMBER, 0, False)},
    "EventData": {"name": (TEXT, 512, True)},
    "MetricData": {},
    "AvailabilityData": {
        "id": (TEXT, 512, True),
        "name": (TEXT, 1024, True),
        "duration": (TEXT, 64, True),
        "success": (TRUTH, 0, True),
        "runLocation": (TEXT, 1024, False),
        "message": (TEXT, 8192, False),
    },
}
ELEMENTS = {
    "exceptions": {
        "typeName": (TEXT, 1024, True),
        "message": (TEXT, 32768, True),
        "hasFullStack": (TRUTH, 0, False),
        "stack": (TEXT, 32768, False),
    },
    "metrics": {
        "name": (TEXT, 1024, True),
        "value": (NUMBER, 0, True),
        "count": (NUMBER, 0, False),
        "min": (NUMBER, 0, False),
        "max": (NUMBER, 0, False),
        "ns": (TEXT, 256, False),
    },
}
DURATION = re.compile(r"(\d{1,3})\.([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}")
TIME = re.compile(r"\d{4,5}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


def number(text: str) -> float:
    held = float(text)
    if not math.isfinite(held):
        refuse(f"a number that no double holds: {text}")
    return held


def read(body: bytes):
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=unique,
            parse_constant=lambda name: refuse(f"the number {name}"),
            parse_float=number,
        )
    except (ValueError, RecursionError) as error:
        raise Mistake(f"no JSON: {error}") from error


def check_text(held, limit: int, name: str) -> None:
    if not isinstance(held, str):
        refuse(f"{name} is no text: {held!r}")
    try:
        units = len(held.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        refuse(f"{name} has half a surrogate pair")
    if units > limit:
        refuse(f"{name} has {units} UTF-16 units, of {limit}")


def check_number(held, name: str) -> None:
    if isinstance(held, bool) or not isinstance(held, (int, float)):
        refuse(f"{name} is no number: {held!r}")
    try:
        finite = math.isfinite(float(held))
    except OverflowError:
        finite = False
    if not finite:
        refuse(f"{name} is not finite")


def check_fields(held, fields: dict, others: set, name: str) -> None:
    if not isinstance(held, dict):
        refuse(f"{name} is no object")
    for key in held.keys() - fields.keys() - others:
        refuse(f"{name} has a field {key}")
    for key, (form, limit, is_required) in fields.items():
        if key not in held:
            if is_required:
                refuse(f"{name} has no {key}")
        elif form == TEXT:
            check_text(held[key], limit, f"{name}.{key}")
        elif form == NUMBER:
            check_number(held[key], f"{name}.{key}")
        elif not isinstance(held[key], bool):
            refuse(f"{name}.{key} is no Boolean")


def check(envelope) -> str:
    """Raises a Mistake, or returns the kind of the envelope."""
    if not isinstance(envelope, dict):
        refuse("an envelope is no object")
    for key in envelope.keys() - {"name", "time", "iKey", "tags", "sampleRate", "data"}:
        refuse(f"an envelope has a field {key}")
    check_text(envelope.get("name"), 1024, "name")
    check_text(envelope.get("iKey"), 40, "iKey")
    check_text(envelope.get("time"), 64, "time")
    if not TIME.fullmatch(envelope["time"]):
        refuse(f"time {envelope['time']}")
    if "sampleRate" in envelope:
        check_number(envelope["sampleRate"], "sampleRate")
        if not 0 < envelope["sampleRate"] <= 100:
            refuse(f"sampleRate {envelope['sampleRate']}")
    tags = {tag: (TEXT, limit, False) for tag, limit in TAGS.items()}
    check_fields(envelope.get("tags"), tags, set(), "tags")
    data = envelope.get("data")
    if not isinstance(data, dict) or data.keys() != {"baseType", "baseData"}:
        refuse("data")
    kind, held = data["baseType"], data["baseData"]
    if kind not in FIELDS:
        refuse(f"the kind {kind}")
    others = {"ver", "properties", "measurements"}
    lists = {"ExceptionData": "exceptions", "MetricData": "metrics"}
    if kind in lists:
        others.add(lists[kind])
    check_fields(held, FIELDS[kind], others, kind)
    if held.get("ver") != 2:
        refuse(f"{kind}.ver")
    if kind in ("RequestData", "RemoteDependencyData") and not DURATION.fullmatch(held["duration"]):
        refuse(f"{kind}.duration {held['duration']}")
    if not 0 <= held.get("severityLevel", 0) <= 4:
        refuse(f"{kind}.severityLevel")
    if kind in lists:
        elements = held.get(lists[kind])
        if not isinstance(elements, list) or len(elements) != 1:
            refuse(f"{kind}.{lists[kind]}")
        check_fields(elements[0], ELEMENTS[lists[kind]], set(), kind)
    for key, text in held.get("properties", {}).items():
        check_text(key, 150, f"the key {key}")
        check_text(text, 262_144 if key in LONG_PROPERTIES else 8192, f"the property {key}")
        if not key:
            refuse("an empty key")
    for key, measured in held.get("measurements", {}).items():
        check_text(key, 150, f"the key {key}")
        check_number(measured, f"the measurement {key}")
        if not key:
            refuse("an empty key")
    return kind


GOOD = (
    '{"name":"n","time":"2026-01-02T03:04:05Z","iKey":"k","tags":{"ai.cloud.role":"r"},'
    '"data":{"baseType":"MessageData","baseData":{"ver":2,"message":"m","properties":{"a":"b"},'
    '"measurements":{"a":1.5}}}}'
)
# What becomes of GOOD, and must be refused.
BAD = [
    ('"a":"b"', '"a":"b","a":"c"'),
    ('"a":"b"', '"a":"b","\\u0061":"c"'),
    ('"a":"b"', '"a":1'),
    ('"a":"b"', '"a":null'),
    ('"a":"b"', '"a":"\\ud800"'),
    ('"a":"b"', '"a":"\x01"'),
    ('"a":"b"', '"":"b"'),
    ('"a":"b"', '"a":"' + "\U0001f600" * 4097 + '"'),
    ('"a":"b"', '"' + "k" * 151 + '":"b"'),
    ("1.5", "1e999"),
    ("1.5", "NaN"),
    ("1.5", "-Infinity"),
    ("1.5", "true"),
    ("1.5", '"1.5"'),
    ('"r"', "7"),
    ('"r"', '"' + "r" * 257 + '"'),
    ('"ai.cloud.role"', '"ai.cloud.rolle"'),
    ('"m"', '"' + "m" * 32769 + '"'),
    ('"message":"m",', ""),
    ('"message":"m"', '"message":"m","massage":"m"'),
    ('"ver":2', '"ver":3'),
    ("MessageData", "MassageData"),
    ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05"),
    ('"tags"', '"sampleRate":0,"tags"'),
    ('"b"}', '"b",}'),
]


def self_check() -> None:
    check(read(GOOD.encode()))
    for old, new in BAD:
        bad = GOOD.replace(old, new, 1)
        if bad == GOOD:
            sys.exit(f"nothing was changed by {new[:60]!r}")
        try:
            check(read(bad.encode("utf-8")))
        except Mistake:
            continue
        sys.exit(f"taken for good: {bad[:300]}")


def main() -> int:
    self_check()
    kinds: Counter = Counter()
    mistakes = bodies = size = 0
    while line := sys.stdin.buffer.readline():
        length = int(line)
        compressed = sys.stdin.buffer.read(length)
        if len(compressed) != length:
            sys.exit("the last body is incomplete")
        body = gzip.decompress(compressed)
        bodies += 1
        size += len(body)
        try:
            envelopes = read(body)
            if not isinstance(envelopes, list):
                refuse("a body is no array")
            for envelope in envelopes:
                kinds[check(envelope)] += 1
        except Mistake as mistake:
            mistakes += 1
            if mistakes <= 10:
                print(f"FAIL body {bodies}: {ascii(str(mistake))}")
    print(
        f"envelopes: {kinds.total()} in {bodies} bodies of {size} bytes: "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    )
    missing = FIELDS.keys() - kinds.keys()
    for kind in sorted(missing):
        print(f"FAIL no {kind} at all")
    return 1 if mistakes or missing else 0


if __name__ == "__main__":
    sys.exit(main())
