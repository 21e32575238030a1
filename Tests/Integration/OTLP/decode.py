"""Reads the export requests that `OTLPBodies` writes, by OpenTelemetry's own definitions.

    decode.py < LINES

Each line has a request in both encodings and a description of what was to be in it. The bodies are
read with the package opentelemetry-proto, Protocol Buffers by ParseFromString and JSON by
json_format, and each message is described again, field by field; the descriptions must be equal.
Of JSON the types are checked as well, which json_format is lenient about.

Nothing may be unknown to the definitions, and every field that they have must have occurred, but
for those in NOT_OURS, which may not. The first ten mistakes are printed, and the exit status is 1
if there is one.

Afterwards each field is changed in a message that has it, and the description must notice; JSON
with one mistake of each kind must be refused.
"""

import base64
import json
import re
import struct
import sys

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from integration import Mistake, refuse, unique

REQUESTS = {
    "traces": (ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans"),
    "logs": (ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records"),
    "metrics": (ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics"),
}
# What the model has no place for.
NOT_OURS = {
    "AnyValue.string_value_strindex",
    "KeyValue.key_strindex",
    "InstrumentationScope.dropped_attributes_count",
    "Resource.dropped_attributes_count",
    "Resource.entity_refs",
    "ScopeSpans.schema_url",
    "ScopeLogs.schema_url",
    "ScopeMetrics.schema_url",
    "Metric.summary",
    "Metric.metadata",
    "NumberDataPoint.exemplars",
    "NumberDataPoint.flags",
    "HistogramDataPoint.exemplars",
    "HistogramDataPoint.flags",
    "ExponentialHistogramDataPoint.exemplars",
    "ExponentialHistogramDataPoint.flags",
}
IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}


# MARK: What is in a message


def double(value: float) -> str:
    return struct.pack(">d", value).hex()


def optional(message, name: str):
    return double(getattr(message, name)) if message.HasField(name) else None


def value_of(value) -> list:
    kind = value.WhichOneof("value")
    if kind is None:
        return ["null"]
    held = getattr(value, kind)
    if kind == "string_value":
        return ["string", held]
    if kind == "bool_value":
        return ["bool", held]
    if kind == "int_value":
        return ["int", str(held)]
    if kind == "double_value":
        return ["double", double(held)]
    if kind == "bytes_value":
        return ["bytes", held.hex()]
    if kind == "array_value":
        return ["array", [value_of(one) for one in held.values]]
    if kind == "kvlist_value":
        return ["map", pairs_of(held.values)]
    return refuse(f"a value of the kind {kind}")


def pairs_of(pairs) -> list:
    return [[pair.key, value_of(pair.value)] for pair in pairs]


def scope_of(scope) -> dict:
    return {
        "name": scope.name,
        "version": scope.version,
        "attributes": pairs_of(scope.attributes),
    }


def span_of(span) -> dict:
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "trace_state": span.trace_state,
        "parent_span_id": span.parent_span_id.hex(),
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "start_time_unix_nano": str(span.start_time_unix_nano),
        "end_time_unix_nano": str(span.end_time_unix_nano),
        "attributes": pairs_of(span.attributes),
        "dropped_attributes_count": span.dropped_attributes_count,
        "events": [
            {
                "time_unix_nano": str(event.time_unix_nano),
                "name": event.name,
                "attributes": pairs_of(event.attributes),
                "dropped_attributes_count": event.dropped_attributes_count,
            }
            for event in span.events
        ],
        "dropped_events_count": span.dropped_events_count,
        "links": [
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "trace_state": link.trace_state,
                "attributes": pairs_of(link.attributes),
                "dropped_attributes_count": link.dropped_attributes_count,
                "flags": link.flags,
            }
            for link in span.links
        ],
        "dropped_links_count": span.dropped_links_count,
        "status": {"code": span.status.code, "message": span.status.message},
    }


def log_of(record) -> dict:
    return {
        "time_unix_nano": str(record.time_unix_nano),
        "observed_time_unix_nano": str(record.observed_time_unix_nano),
        "severity_number": record.severity_number,
        "severity_text": record.severity_text,
        "body": value_of(record.body) if record.HasField("body") else None,
        "attributes": pairs_of(record.attributes),
        "dropped_attributes_count": record.dropped_attributes_count,
        "flags": record.flags,
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "event_name": record.event_name,
    }


def times_of(point) -> dict:
    return {
        "attributes": pairs_of(point.attributes),
        "start_time_unix_nano": str(point.start_time_unix_nano),
        "time_unix_nano": str(point.time_unix_nano),
    }


def number_of(point) -> dict:
    kind = point.WhichOneof("value")
    if kind is None:
        refuse("a point without a value")
    held = str(point.as_int) if kind == "as_int" else double(point.as_double)
    return times_of(point) | {"value": [kind, held]}


def distribution_of(point) -> dict:
    return times_of(point) | {
        "count": str(point.count),
        "sum": optional(point, "sum"),
        "min": optional(point, "min"),
        "max": optional(point, "max"),
    }


def histogram_of(point) -> dict:
    return distribution_of(point) | {
        "bucket_counts": [str(count) for count in point.bucket_counts],
        "explicit_bounds": [double(bound) for bound in point.explicit_bounds],
    }


def buckets_of(buckets) -> dict:
    return {
        "offset": buckets.offset,
        "bucket_counts": [str(count) for count in buckets.bucket_counts],
    }


def exponential_histogram_of(point) -> dict:
    return distribution_of(point) | {
        "scale": point.scale,
        "zero_count": str(point.zero_count),
        "zero_threshold": double(point.zero_threshold),
        "positive": buckets_of(point.positive),
        "negative": buckets_of(point.negative),
    }


POINTS = {
    "gauge": number_of,
    "sum": number_of,
    "histogram": histogram_of,
    "exponential_histogram": exponential_histogram_of,
}


def metric_of(metric) -> dict:
    kind = metric.WhichOneof("data")
    if kind not in POINTS:
        refuse(f"a metric of the kind {kind}")
    data = getattr(metric, kind)
    held = {"data_points": [POINTS[kind](point) for point in data.data_points]}
    if kind != "gauge":
        held["aggregation_temporality"] = data.aggregation_temporality
    if kind == "sum":
        held["is_monotonic"] = data.is_monotonic
    return {
        "name": metric.name,
        "description": metric.description,
        "unit": metric.unit,
        kind: held,
    }


RECORDS = {"traces": span_of, "logs": log_of, "metrics": metric_of}


def describe(signal: str, request) -> dict:
    _, resources_name, scopes_name, records_name = REQUESTS[signal]
    resources = getattr(request, resources_name)
    if len(resources) != 1:
        refuse(f"{len(resources)} resources")
    resource = resources[0]
    scopes = getattr(resource, scopes_name)
    return {
        "attributes": pairs_of(resource.resource.attributes),
        "schema_url": resource.schema_url,
        "records": [
            {"scope": scope_of(scope.scope)} | RECORDS[signal](record)
            for scope in scopes
            for record in getattr(scope, records_name)
        ],
    }


# MARK: Which fields there are


def name_of(field) -> str:
    return f"{field.containing_type.name}.{field.name}"


def look(message, seen: dict, request, signal: str) -> None:
    """Notes every field that is set, with a request where it can be found again."""
    if len(UnknownFieldSet(message)):
        refuse(f"unknown fields in {message.DESCRIPTOR.name}")
    for field, held in message.ListFields():
        name = name_of(field)
        if name in NOT_OURS:
            refuse(f"{name} is set")
        # One that holds nothing could be taken away unnoticed.
        if field.type != Field.TYPE_MESSAGE or field.is_repeated or held.ByteSize():
            seen.setdefault(name, (signal, request))
        if field.type == Field.TYPE_MESSAGE:
            for one in held if field.is_repeated else [held]:
                look(one, seen, request, signal)


def all_fields(descriptor, found: set) -> set:
    for field in descriptor.fields:
        name = name_of(field)
        if name in found or name in NOT_OURS:
            continue
        found.add(name)
        if field.message_type:
            all_fields(field.message_type, found)
    return found


# MARK: JSON


def camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


TEXTS = {Field.TYPE_FIXED64, Field.TYPE_SFIXED64, Field.TYPE_INT64, Field.TYPE_UINT64}
INTEGERS = {
    Field.TYPE_FIXED32,
    Field.TYPE_UINT32,
    Field.TYPE_SINT32,
    Field.TYPE_INT32,
    Field.TYPE_ENUM,
}


def check_scalar(held, field, key: str) -> None:
    if field.type in TEXTS:
        right = isinstance(held, str) and re.fullmatch(r"-?\d+", held)
    elif field.type in INTEGERS:
        right = isinstance(held, int) and not isinstance(held, bool)
    elif field.type == Field.TYPE_BOOL:
        right = isinstance(held, bool)
    elif field.type == Field.TYPE_DOUBLE:
        right = isinstance(held, float) or held in ("NaN", "Infinity", "-Infinity")
    else:
        right = isinstance(held, str)
    if not right:
        refuse(f"{key} is {held!r}")


def check_json(held, descriptor) -> None:
    """Checks keys and types, and turns hexadecimal ids into the base64 that json_format reads."""
    if not isinstance(held, dict):
        refuse(f"a {descriptor.name} is {held!r}")
    fields = {camel_case(field.name): field for field in descriptor.fields}
    for key, one in held.items():
        field = fields.get(key)
        if field is None:
            refuse(f"a {descriptor.name} has {key}")
        for element in one if field.is_repeated else [one]:
            if field.message_type:
                check_json(element, field.message_type)
            else:
                check_scalar(element, field, key)
        if field.type == Field.TYPE_BYTES and key in IDS:
            if not re.fullmatch(r"[0-9a-f]{%d}" % IDS[key], one):
                refuse(f"{key} is {one!r}")
            held[key] = base64.b64encode(bytes.fromhex(one)).decode()
        elif field.type == Field.TYPE_BYTES:
            try:
                base64.b64decode(one, validate=True)
            except ValueError:
                refuse(f"{key} is {one!r}")


def parse_json(body: bytes, request) -> None:
    held = json.loads(
        body.decode("utf-8"),
        object_pairs_hook=unique,
        parse_constant=lambda name: refuse(f"the number {name}"),
    )
    check_json(held, request.DESCRIPTOR)
    # Not by way of a text, in which a double could change.
    json_format.ParseDict(held, request)


# MARK: Comparing


def first_difference(one, other, path: str = ""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key not in one or key not in other:
                return f"{path}.{key} is missing"
            if found := first_difference(one[key], other[key], f"{path}.{key}"):
                return found
        return None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other)):
            if found := first_difference(left, right, f"{path}[{index}]"):
                return found
        return None
    return None if one == other and type(one) is type(other) else f"{path}: {one!r} != {other!r}"


def check(line: dict, seen: dict) -> None:
    signal = line["signal"]
    make = REQUESTS[signal][0]
    for encoding in ("protobuf", "json"):
        body = base64.b64decode(line[encoding])
        request = make()
        try:
            if encoding == "protobuf":
                request.ParseFromString(body)
            else:
                parse_json(body, request)
            look(request, seen, request, signal)
            difference = first_difference(line["plain"], describe(signal, request))
        except Mistake as mistake:
            refuse(f"{encoding}: {mistake}")
        except Exception as error:
            refuse(f"{encoding}: {type(error).__name__}: {error}")
        if difference:
            refuse(f"{encoding}: {difference}")


# MARK: Tampering


def tamper(message, name: str) -> bool:
    """Changes the first field of that name, and says whether there was one."""
    for field, held in message.ListFields():
        is_message = field.type == Field.TYPE_MESSAGE
        if name_of(field) == name:
            if field.is_repeated:
                del getattr(message, field.name)[-1]
                return True
            if not is_message:
                changed = {
                    str: lambda: held + "x",
                    bytes: lambda: held + b"x",
                    bool: lambda: not held,
                    float: lambda: 0.0 if held else 1.0,
                    int: lambda: held ^ 1,
                }[type(held)]()
                setattr(message, field.name, changed)
                return True
            if held.ByteSize():
                message.ClearField(field.name)
                return True
        if is_message:
            for one in held if field.is_repeated else [held]:
                if tamper(one, name):
                    return True
    return False


GOOD = (
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",'
    '"spanId":"b7ad6b7169203331","kind":2,"flags":257,"startTimeUnixNano":"1","attributes":['
    '{"key":"d","value":{"doubleValue":1.5}},{"key":"i","value":{"intValue":"7"}},'
    '{"key":"b","value":{"boolValue":true}},{"key":"y","value":{"bytesValue":"+/8="}}]}]}]}]}'
)
# What becomes of GOOD, and must be refused.
BAD = [
    ("0af7", "0AF7"),
    ("0af7", "f7"),
    ("b7ad6b7169203331", "t61rcWkgMzE="),
    ('"kind":2', '"kind":"SPAN_KIND_SERVER"'),
    ('"kind":2', '"kind":2,"kind":3'),
    ('"flags":257', '"flags":"257"'),
    ('"1"', "1"),
    ('"startTimeUnixNano"', '"start_time_unix_nano"'),
    ('"startTimeUnixNano"', '"startTime"'),
    ('"7"', "7"),
    ('"7"', '"9223372036854775808"'),
    ("1.5", '"1.5"'),
    ("1.5", "NaN"),
    ("true", '"true"'),
    ("+/8=", "*"),
    ('"attributes":[', '"attributes":[[],'),
]


def check_bad_json() -> list[str]:
    unnoticed = []
    parse_json(GOOD.encode(), ExportTraceServiceRequest())
    for old, new in BAD:
        bad = GOOD.replace(old, new, 1)
        try:
            parse_json(bad.encode(), ExportTraceServiceRequest())
        except (Mistake, json_format.ParseError):
            continue
        unnoticed.append(f"{new} was taken for good")
    return unnoticed


def self_check(seen: dict) -> list[str]:
    unnoticed = check_bad_json()
    for name, (signal, request) in seen.items():
        changed = type(request)()
        changed.CopyFrom(request)
        if not tamper(changed, name):
            unnoticed.append(f"{name} was not found again")
            continue
        try:
            if not first_difference(describe(signal, request), describe(signal, changed)):
                unnoticed.append(f"a change of {name} was not noticed")
        except Mistake:
            pass
    return unnoticed


def main() -> int:
    seen: dict = {}
    requests = records = mistakes = 0
    for text in sys.stdin:
        line = json.loads(text)
        requests += 1
        records += len(line["plain"]["records"])
        try:
            check(line, seen)
        except Mistake as mistake:
            mistakes += 1
            if mistakes <= 10:
                print(f"FAIL request {requests} ({line['signal']}): {ascii(str(mistake))}")
    if not requests:
        sys.exit("there was no request to read")
    wanted: set = set()
    for make, *_ in REQUESTS.values():
        all_fields(make.DESCRIPTOR, wanted)
    missing = sorted(wanted - seen.keys())
    for name in missing:
        print(f"FAIL {name} never occurred")
    unnoticed = self_check(seen)
    for text in unnoticed:
        print(f"FAIL {text}")
    print(
        f"OTLP: {requests} requests with {records} spans, log records and metrics in both "
        f"encodings, {len(seen)} of {len(wanted)} fields, each also changed"
    )
    return 1 if mistakes or missing or unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
