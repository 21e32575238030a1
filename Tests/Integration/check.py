"""Compares what `azure-monitor local` holds with what send.py sent.

    check.py TOOL ENDPOINT

Every difference is printed; the exit status is 1 if there is one.
"""

import sys

from integration import Expectations

ROLES = ["integration.python-exporters", "integration.python-distro"]

expectations = Expectations(*sys.argv[1:])
expect = expectations.expect


def check_role(role: str) -> None:
    mine = f"cloud_RoleName = '{role}'"

    expect(
        "requests",
        f"""
        SELECT name, url, duration, resultCode, success, operation_Name, client_IP,
            application_Version, cloud_RoleInstance, itemCount, substr(timestamp, 1, 26) AS time,
            json_extract(customDimensions, '$."order.priority"') AS priority,
            length(id) AS idLength, length(operation_Id) AS traceLength
        FROM requests WHERE {mine} ORDER BY timestamp
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
                "itemCount": 1,
                "time": time,
                "priority": "7",
                "idLength": 16,
                "traceLength": 32,
            }
            for number, duration, code, success, time in [
                (1, 250, "200", 1, "2026-01-02T03:04:05.000000"),
                (2, 500, "500", 0, "2026-01-02T03:04:06.000000"),
            ]
        ],
    )
    expect(
        "dependencies",
        f"""
        SELECT name, type, target, data, duration, resultCode, success
        FROM dependencies WHERE {mine} ORDER BY timestamp
        """,
        [
            {
                "name": "SELECT orders",
                "type": "postgresql",
                "target": "shop",
                "data": "SELECT * FROM orders WHERE id = ?",
                "duration": 30.0,
                "resultCode": "0",
                "success": 1,
            },
            {
                "name": "GET /items/1",
                "type": "HTTP",
                "target": "stock.example:443",
                "data": "https://stock.example/items/1",
                "duration": 125.0,
                "resultCode": "503",
                "success": 1,
            },
            {
                "name": "sweep",
                "type": "InProc",
                "target": None,
                "data": None,
                "duration": 1.0,
                "resultCode": "0",
                "success": 1,
            },
        ],
    )
    expect(
        "dependencies of the first request",
        f"""
        SELECT d.name FROM dependencies d
        JOIN requests r ON d.operation_Id = r.operation_Id AND d.operation_ParentId = r.id
        WHERE r.{mine} AND d.{mine} AND r.url LIKE '%/1' ORDER BY d.timestamp
        """,
        [{"name": "SELECT orders"}, {"name": "GET /items/1"}],
    )
    expect(
        "work of its own has no parent and no request",
        f"""
        SELECT count(*) AS n FROM dependencies
        WHERE {mine} AND name = 'sweep'
            AND operation_Id NOT IN (SELECT operation_Id FROM requests)
        """,
        [{"n": 1}],
    )
    expect(
        "exceptions of the second request",
        f"""
        SELECT e.type, e.message, e.severityLevel, instr(e.details, 'in fail_request') > 0 AS stack
        FROM exceptions e
        JOIN requests r ON e.operation_Id = r.operation_Id AND e.operation_ParentId = r.id
        WHERE r.{mine} AND e.{mine} AND r.url LIKE '%/2' ORDER BY e.type
        """,
        [
            {"type": "LookupError", "message": "no order 2", "severityLevel": None, "stack": 1},
            {"type": "ValueError", "message": "gave up", "severityLevel": 3, "stack": 1},
        ],
    )
    expect(
        "text beyond ASCII",
        f"""
        SELECT instr(details, '\u00fcbrigens \U0001f600') > 0 AS found FROM exceptions
        WHERE {mine} AND type = 'ValueError'
        """,
        [{"found": 1}],
    )
    expect(
        "traces",
        f"""
        SELECT message, severityLevel, json_extract(customDimensions, '$."order.id"') AS number
        FROM traces WHERE {mine} ORDER BY message
        """,
        [
            {"message": "order 1 shipped", "severityLevel": 1, "number": "1"},
            {"message": "swept nothing", "severityLevel": 3, "number": None},
        ],
    )
    expect(
        "traces of the first request",
        f"""
        SELECT t.message FROM traces t
        JOIN requests r ON t.operation_Id = r.operation_Id AND t.operation_ParentId = r.id
        WHERE r.{mine} AND t.{mine} AND r.url LIKE '%/1'
        """,
        [{"message": "order 1 shipped"}],
    )
    expect(
        "customMetrics",
        # The instrument that goes up and down is cumulative, and reported at the flush and again
        # at the shutdown.
        f"""
        SELECT DISTINCT name, json_extract(customDimensions, '$.country') AS country,
            valueSum, valueCount,
            CASE WHEN valueCount > 1 THEN valueMin END AS valueMin,
            CASE WHEN valueCount > 1 THEN valueMax END AS valueMax
        FROM customMetrics WHERE {mine} AND name LIKE 'orders.%' ORDER BY name, country
        """,
        [
            {
                "name": name,
                "country": country,
                "valueSum": float(value),
                "valueCount": count,
                "valueMin": least,
                "valueMax": most,
            }
            for name, country, value, count, least, most in [
                ("orders.shipped", "NO", 5, 1, None, None),
                ("orders.shipped", "SE", 1, 1, None, None),
                ("orders.waiting", None, -4, 1, None, None),
                ("orders.weight", None, 16.75, 3, 0.5, 12.25),
            ]
        ],
    )


for role in ROLES:
    print(role)
    check_role(role)

print("both")
expect(
    "nobody else sent anything",
    "SELECT DISTINCT cloud_RoleName AS role, iKey FROM requests ORDER BY role",
    [{"role": role, "iKey": "00000000-0000-0000-0000-000000000001"} for role in sorted(ROLES)],
)
expectations.exit()
