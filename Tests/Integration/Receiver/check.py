"""Compares what `azure-monitor local` holds with what send.py sent, then sends JSON by hand.

    check.py TOOL ENDPOINT

Every difference is printed; the exit status is 1 if there is one.
"""

import gzip
import json
import sys
import time
import urllib.error
import urllib.request

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from google.rpc.status_pb2 import Status

from integration import Expectations

_, ENDPOINT = sys.argv[1:]
ROLES = ["integration.otlp-protobuf", "integration.otlp-gzip"]

expectations = Expectations(*sys.argv[1:])
expect, report = expectations.expect, expectations.report


def check_role(role: str) -> None:
    mine = f"cloud_RoleName = '{role}'"

    expect(
        "requests",
        f"""
        SELECT name, url, duration, resultCode, success, operation_Name, client_IP,
            application_Version, cloud_RoleInstance, iKey, itemCount, timestamp,
            customDimensions, length(id) AS idLength, length(operation_Id) AS traceLength,
            operation_ParentId IS NULL AS isRoot
        FROM requests WHERE {mine} AND url IS NOT NULL ORDER BY timestamp
        """,
        [
            {
                "name": "GET /orders/{id}",
                "url": f"https://shop.example/orders/{number}",
                "duration": float(duration),
                "resultCode": code,
                "success": success,
                "operation_Name": "GET /orders/{id}",
                "client_IP": "192.0.2.7",
                "application_Version": "1.2.3",
                "cloud_RoleInstance": "instance-1",
                "iKey": "00000000-0000-0000-0000-000000000001",
                "itemCount": 1,
                "timestamp": time,
                "customDimensions": dimensions,
                "idLength": 16,
                "traceLength": 32,
                "isRoot": 1,
            }
            for number, duration, code, success, time, dimensions in [
                (
                    1,
                    250,
                    "200",
                    1,
                    "2026-01-02T03:04:05.000000Z",
                    '{"order.priority":"7","order.tags":"[\\"a\\",\\"b\\"]"}',
                ),
                (
                    2,
                    500,
                    "500",
                    0,
                    "2026-01-02T03:04:06.000000Z",
                    '{"order.priority":"7","order.tags":"[\\"a\\",\\"b\\"]",'
                    '"otel.status_description":"no order 2"}',
                ),
            ]
        ],
    )
    expect(
        "dependencies of the first request, under its name",
        f"""
        SELECT d.name, d.type, d.target, d.data, d.duration, d.success, d.operation_Name
        FROM dependencies d
        JOIN requests r ON d.operation_Id = r.operation_Id AND d.operation_ParentId = r.id
        WHERE r.{mine} AND d.{mine} AND r.url LIKE '%/1'
        """,
        [
            {
                "name": "SELECT orders",
                "type": "postgresql",
                "target": "db.example|shop",
                "data": "SELECT * FROM orders WHERE id = ?",
                "duration": 30.0,
                "success": 1,
                "operation_Name": "GET /orders/{id}",
            }
        ],
    )
    expect(
        "what was sent, and what was received",
        f"""
        SELECT d.name AS sent, d.duration, r.name AS received, r.duration AS length
        FROM dependencies d
        JOIN requests r ON r.operation_Id = d.operation_Id AND r.operation_ParentId = d.id
        WHERE r.{mine} AND d.{mine}
        """,
        [{"sent": "publish", "duration": 1.0, "received": "process", "length": 2.0}],
    )
    expect(
        "exceptions of the second request",
        f"""
        SELECT e.type, e.message, e.severityLevel, instr(e.details, 'Traceback') > 0 AS stack,
            instr(e.details, '\u00fcbrigens \U0001f600') > 0 AS beyondASCII
        FROM exceptions e
        JOIN requests r ON e.operation_Id = r.operation_Id AND e.operation_ParentId = r.id
        WHERE r.{mine} AND e.{mine} AND r.url LIKE '%/2' ORDER BY e.type
        """,
        [
            {
                "type": "LookupError",
                "message": "no order 2",
                "severityLevel": None,
                "stack": 1,
                "beyondASCII": 0,
            },
            {
                "type": "ValueError",
                "message": "two is odd, \u00fcbrigens \U0001f600",
                "severityLevel": 3,
                "stack": 1,
                "beyondASCII": 1,
            },
        ],
    )
    expect(
        "traces",
        f"""
        SELECT t.message, t.severityLevel, r.url,
            json_extract(t.customDimensions, '$."order.id"') AS number,
            json_extract(t.customDimensions, '$.logger_name') AS logger
        FROM traces t
        LEFT JOIN requests r ON t.operation_Id = r.operation_Id AND t.operation_ParentId = r.id
        WHERE t.{mine} ORDER BY t.message
        """,
        [
            {
                "message": "order 1 shipped",
                "severityLevel": 1,
                "url": "https://shop.example/orders/1",
                "number": "1",
                "logger": "shop",
            },
            {
                "message": "swept nothing",
                "severityLevel": 3,
                "url": None,
                "number": None,
                "logger": "shop",
            },
        ],
    )
    expect(
        "customMetrics: what was added between two exports, in their order",
        f"""
        SELECT name, json_extract(customDimensions, '$.country') AS country,
            valueSum AS sum, valueCount AS count, cloud_RoleInstance AS instance
        FROM customMetrics WHERE {mine} AND name NOT IN ('orders.waiting', 'store.temperature')
        ORDER BY name, country, rowid
        """,
        [
            {
                "name": name,
                "country": country,
                "sum": float(value),
                "count": count,
                "instance": "instance-1",
            }
            for name, country, value, count in [
                ("orders.shipped", "NO", 5, 1),
                ("orders.shipped", "NO", 7, 1),
                ("orders.shipped", "SE", 1, 1),
                ("orders.shipped", "SE", 10, 1),
                ("orders.size", None, 16.25, 2),
                ("orders.size", None, 5.5, 2),
                ("orders.weight", None, 16.25, 2),
                ("orders.weight", None, 5.5, 2),
                ("store.seconds", None, 1.5, 1),
                ("store.seconds", None, 2.5, 1),
            ]
        ],
    )
    expect(
        "the least and the most of a histogram, where they are known",
        f"""
        SELECT name, valueMin AS least, valueMax AS most FROM customMetrics
        WHERE {mine} AND valueCount > 1 AND valueMax = 12.25 OR {mine} AND valueMin = 0.5
        ORDER BY name, rowid
        """,
        [
            {"name": name, "least": least, "most": most}
            for name in ("orders.size", "orders.weight")
            for least, most in ((4.0, 12.25), (0.5, None))
        ],
    )
    expect(
        "customMetrics: what goes up and down, at each of the exports and at the shutdown",
        f"""
        SELECT name, group_concat(valueSum, ' ') AS "values" FROM (
            SELECT name, valueSum FROM customMetrics
            WHERE {mine} AND name IN ('orders.waiting', 'store.temperature') ORDER BY rowid
        ) GROUP BY name ORDER BY name
        """,
        [
            {"name": "orders.waiting", "values": "5.0 3.0 -1.0 -1.0"},
            {"name": "store.temperature", "values": "21.5 20.25"},
        ],
    )


def post(path: str, body: bytes, **headers: str) -> tuple[int, str, bytes]:
    request = urllib.request.Request(
        ENDPOINT + path,
        data=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def check_json() -> None:
    """The other encoding, as somebody would write it who reads the specification."""
    now = time.time_ns()

    name = {"key": "service.name", "value": {"stringValue": "integration.json"}}
    resource = {"attributes": [name]}

    spans = {
        "resourceSpans": [
            {
                "resource": resource,
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": "5B8EFFF798038103D269B633813FC60C",
                                "spanId": "EEE19B7EC3C1B174",
                                "name": "GET /",
                                "kind": 2,
                                "startTimeUnixNano": "1767323045000000000",
                                "endTimeUnixNano": "1767323045003000000",
                                "attributes": [
                                    {"key": "big", "value": {"intValue": "9007199254740993"}},
                                    {"key": "bytes", "value": {"bytesValue": "AQID"}},
                                ],
                                "aKeyOfTheFuture": {"x": [1]},
                            }
                        ]
                    }
                ],
            }
        ]
    }
    point = {"startTimeUnixNano": str(now), "timeUnixNano": str(now + 1), "asInt": "3"}

    def counter(value: int, seconds: int) -> dict:
        point.update(asInt=str(value), timeUnixNano=str(now + seconds))
        total = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [dict(point)]}
        metrics = [{"name": "json.counter", "sum": total}]
        return {
            "resourceMetrics": [
                {"resource": resource, "scopeMetrics": [{"metrics": metrics}]}
            ]
        }

    record = {"timeUnixNano": str(now), "severityNumber": 13, "body": {"stringValue": "odd"}}
    logs = {
        "resourceLogs": [
            {"resource": resource, "scopeLogs": [{"logRecords": [record, {"body": 1}]}]}
        ]
    }
    kind = "application/json"
    for path, request in [
        ("/v1/traces", spans),
        ("/v1/metrics", counter(3, 1)),
        ("/v1/metrics", counter(8, 2)),
    ]:
        answer = post(path, json.dumps(request).encode(), Content_Type=kind)
        report(f"{path} in JSON", (200, kind, "{}"), (*answer[:2], answer[2].decode()))
    body = gzip.compress(json.dumps(logs).encode())
    answer = post("/v1/logs", body, Content_Type=kind, Content_Encoding="gzip")
    partial = json.loads(answer[2])["partialSuccess"]
    report(
        "/v1/logs in JSON, compressed, with one that cannot be read",
        (200, kind, "1", True),
        (*answer[:2], partial["rejectedLogRecords"], len(partial["errorMessage"]) > 10),
    )
    expect(
        "rows of the JSON",
        """
        SELECT id, operation_Id, duration, cloud_RoleName, customDimensions FROM requests
        WHERE cloud_RoleName = 'integration.json'
        """,
        [
            {
                "id": "eee19b7ec3c1b174",
                "operation_Id": "5b8efff798038103d269b633813fc60c",
                "duration": 3.0,
                "cloud_RoleName": "integration.json",
                "customDimensions": '{"big":"9007199254740993","bytes":"AQID"}',
            }
        ],
    )
    expect(
        "metrics and logs of the JSON",
        """
        SELECT valueSum AS value, NULL AS message FROM customMetrics WHERE name = 'json.counter'
        UNION ALL
        SELECT severityLevel, message FROM traces WHERE cloud_RoleName = 'integration.json'
        """,
        [
            {"value": 3.0, "message": None},
            {"value": 5.0, "message": None},
            {"value": 2, "message": "odd"},
        ],
    )


def check_answers() -> None:
    """What is answered, read by the classes that others generated from the protocol."""
    kind = "application/x-protobuf"
    for path, response in [
        ("/v1/traces", ExportTraceServiceResponse),
        ("/v1/metrics", ExportMetricsServiceResponse),
        ("/v1/logs", ExportLogsServiceResponse),
    ]:
        status, content_type, body = post(path, b"", Content_Type=kind)
        empty = not response.FromString(body).HasField("partial_success")
        report(f"{path}: an empty request", (200, kind, True), (status, content_type, empty))
        status, content_type, body = post(path, b"\xff\xff", Content_Type=kind)
        error = Status.FromString(body)
        report(
            f"{path}: no request",
            (400, kind, 3, True),
            (status, content_type, error.code, len(error.message) > 5),
        )
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    spans.add(trace_id=bytes(range(16)), span_id=bytes(range(8)), name="good")
    spans.add(trace_id=b"short", span_id=bytes(range(8)), name="bad")
    status, content_type, body = post("/v1/traces", request.SerializeToString(), Content_Type=kind)
    partial = ExportTraceServiceResponse.FromString(body).partial_success
    report(
        "/v1/traces: a partial success",
        (200, kind, 1, True),
        (status, content_type, partial.rejected_spans, len(partial.error_message) > 10),
    )


for role in ROLES:
    print(role)
    check_role(role)
print("JSON")
check_json()
print("answers")
check_answers()
expectations.exit()
