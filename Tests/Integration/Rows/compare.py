"""Compares the rows that two `azure-monitor local` hold of the same scenario.

    compare.py fetch TOOL ENDPOINT ROWS                          writes all tables to a file
    compare.py compare SCENARIO DIFFERENCES PYTHON_ROWS SWIFT_ROWS

Rows are matched by the property `case`. What must differ, or differs from run to run, is replaced
by what it stands for:

    id, operation_ParentId       the case of the span, or that the span was not sent
    operation_Id                 the case of the trace's first span, unless the scenario says which
    timestamp                    "now" for log records and metrics
    sdkVersion                   that it has the form of the sender
    _MS.links                    the JSON that it is the text of

Every other difference must be in the list DIFFERENCES, and everything in the list must differ. An
entry there has a `rule`, numbered as in the conformance vectors, a `reason`, and what differs:

    "differences": {CASE: {"TABLE.FIELD": [PYTHON, SWIFT]}}    these values, null for none
    "check": NAME, "cases": {CASE: ["TABLE.FIELD", …]}         what the check of that name accepts
    "check": NAME, "fields": [PATTERN, …], "count": N          as often as that, whatever the case

The exit status is 1 if anything is unlisted or no longer differs. Unlisted differences are printed
in the form of the list. Afterwards the comparison is given tampered rows and lists, and fails
unless it notices each.
"""

import copy
import fnmatch
import hashlib
import json
import re
import sys
from collections import Counter
from datetime import datetime, timezone

from integration import load, query, value

TABLES = [
    "requests",
    "dependencies",
    "traces",
    "exceptions",
    "customEvents",
    "customMetrics",
    "performanceCounters",
    "availabilityResults",
    "pageViews",
]
SIDES = ["python", "swift"]
SDK_VERSIONS = {
    "python": r"ulm_py3\.\d+\.\d+:otel1\.44\.0:(dst1\.8\.10|ext1\.0\.0b57)",
    "swift": r"[a-z]{3}_swift[0-9.]+:otel[0-9.]+:(dst|ext)[0-9A-Za-z.-]+",
}
# The most UTF-16 units that the service takes, where they let longer texts pass.
LIMITS = {
    "*.application_Version": 1024,
    "*.client_IP": 46,
    "*.operation_Name": 1024,
    "*.user_AuthenticatedId": 1024,
    "*.user_Id": 1024,
    "availabilityResults.id": 512,
    "availabilityResults.location": 1024,
    "availabilityResults.message": 8192,
    "availabilityResults.name": 1024,
    "customEvents.name": 512,
    "*.customDimensions.*": 8192,
}


# What the scenario says


def text(given) -> str:
    """The text of a value, as the conformance vectors have it."""
    if isinstance(given, str):
        return given
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, (list, dict)):
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    return repr(given)


class Scenario:
    """What is known about each case: where it belongs, and its attributes."""

    def __init__(self, plan: dict) -> None:
        self.root: dict[str, str] = {}
        self.attributes: dict[str, dict] = {}
        self.status_messages: dict[str, str] = {}
        self.names: dict[str, list[str]] = {}
        self.given_ids: set[str] = set()
        self.cases = 0
        for session in plan["sessions"]:
            for span in session.get("spans", []):
                self.add_span(span, span["case"])
            for log in session.get("logs", []):
                self.add(log["case"], log["case"], log)
            for metric in session.get("metrics", []):
                self.add(metric["case"], metric["case"], metric)
                self.names.setdefault(metric["name"], []).append(metric["case"])

    def add_span(self, span: dict, root: str) -> None:
        if "parent" in span:
            self.given_ids |= set(span["parent"].split("-")[1:3])
        self.add(span["case"], root, span)
        self.status_messages[span["case"]] = span.get("statusMessage", "")
        for number, event in enumerate(span.get("events", [])):
            self.add(f"{span['case']}/{number}", root, event)
        for log in span.get("logs", []):
            self.add(log["case"], root, log)
        for child in span.get("children", []):
            self.add_span(child, root)

    def add(self, case: str, root: str, plan: dict) -> None:
        if case in self.root:
            raise ValueError(f"there are two cases {case}")
        self.cases += 1
        self.root[case] = root
        self.attributes[case] = {
            key: value(given) for key, given in (plan.get("attributes") or {}).items()
        }


# What the stores hold


def flatten(name: str, held, into: dict) -> None:
    if isinstance(held, dict):
        for key, inner in held.items():
            flatten(f"{name}.{key}", inner, into)
    elif isinstance(held, list):
        for number, inner in enumerate(held):
            flatten(f"{name}.{number}", inner, into)
    elif held is not None:
        into[name] = held


def is_now(timestamp: str) -> bool:
    then = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    if then.tzinfo is None:
        then = then.replace(tzinfo=timezone.utc)
    return abs((datetime.now(timezone.utc) - then).total_seconds()) < 900


class Rows:
    """The rows of one store, by case and table, ready to be compared."""

    def __init__(self, side: str, scenario: Scenario, tables: dict[str, list[dict]]) -> None:
        self.count = sum(len(rows) for rows in tables.values())
        self.rows: dict[tuple[str, str], dict] = {}
        found = []
        for table, rows in tables.items():
            for row in rows:
                flat = {}
                for column, held in row.items():
                    if column in ("customDimensions", "customMeasurements", "details"):
                        held = json.loads(held) if held else None
                    if column == "customDimensions" and held.get("_MS.links", "")[:1] == "[":
                        held["_MS.links"] = json.loads(held["_MS.links"])
                    flatten(column, held, flat)
                case = flat.get("customDimensions.case")
                if case is None and len(scenario.names.get(flat.get("name"), [])) == 1:
                    # The properties of a standard metric are replaced.
                    case = scenario.names[flat["name"]][0]
                found.append((str(case), table, flat))

        spans: dict[str, str] = {}
        traces: dict[str, str] = {}
        for case, table, row in found:
            if table in ("requests", "dependencies"):
                spans.setdefault(row["id"], case)
                traces.setdefault(row["operation_Id"], scenario.root.get(case, case))
        numbers: Counter = Counter()
        for case, table, row in found:
            for column in ("id", "operation_ParentId"):
                if row.get(column) in spans and column in row and table != "availabilityResults":
                    row[column] = f"span of {spans[row[column]]}"
            parent = row.get("operation_ParentId", "")
            if re.fullmatch("[0-9a-f]{16}", parent) and parent.strip("0"):
                if parent not in scenario.given_ids:
                    row["operation_ParentId"] = "span that was not sent"
            trace = row.get("operation_Id")
            if trace in traces and trace not in scenario.given_ids:
                row["operation_Id"] = f"trace of {traces[trace]}"
            if table not in ("requests", "dependencies") and "/" not in case:
                if is_now(row["timestamp"]):
                    row["timestamp"] = "now"
            if re.fullmatch(SDK_VERSIONS[side], row.get("sdkVersion", "")):
                row["sdkVersion"] = "its own"
            key = f"{case} #{numbers[case, table] + 1}" if numbers[case, table] else case
            numbers[case, table] += 1
            self.rows[key, table] = row


# How they differ


def shortened(held):
    """A value as the list has it: long texts by their beginning, lengths and digest."""
    if not isinstance(held, str) or len(held) <= 100:
        return held
    digest = hashlib.sha256(held.encode()).hexdigest()[:8]
    units = len(held.encode("utf-16-le")) // 2
    return f"{held[:16]}\u2026 {len(held)} code points, {units} UTF-16 units, sha256 {digest}"


class Comparison:
    """All differences of two stores, each a case, a field with its table, and two values."""

    def __init__(self, scenario: Scenario, python: Rows, swift: Rows) -> None:
        self.scenario = scenario
        self.python = python
        self.swift = swift
        self.found: dict[tuple[str, str], tuple] = {}
        for key in sorted(python.rows.keys() | swift.rows.keys()):
            case, table = key
            ours, theirs = swift.rows.get(key), python.rows.get(key)
            if ours is None or theirs is None:
                self.found[case, f"{table}.(row)"] = (
                    "none" if theirs is None else "one",
                    "none" if ours is None else "one",
                )
                continue
            for field in sorted(ours.keys() | theirs.keys()):
                mine, other = ours.get(field), theirs.get(field)
                if mine != other or isinstance(mine, bool) != isinstance(other, bool):
                    self.found[case, f"{table}.{field}"] = (other, mine)

    def request(self, case: str) -> dict | None:
        """The request that a case belongs to, as we sent it, if its root is one."""
        return self.swift.rows.get((self.scenario.root.get(case, case), "requests"))

    # The checks that entries of the list name: each says whether a difference is as it should be.

    def kept(self, case, field, python, swift) -> bool:
        """They leave an attribute out, we keep it with its value."""
        key = field.split(".customDimensions.", 1)[-1]
        attributes = self.scenario.attributes.get(case, {})
        return python is None and key in attributes and swift == text(attributes[key])

    def inherited(self, case, field, python, swift) -> bool:
        """They have none, we have that of the request around it."""
        request = self.request(case)
        column = field.split(".", 1)[1]
        if request is None or self.scenario.root[case] == case:
            return False
        return python is None and swift == request.get(column)

    def operation_name(self, case, field, python, swift) -> bool:
        """They have the name of the dependency, we have that of the request, if there is one."""
        request = self.request(case)
        expected = request.get("operation_Name") if request else None
        theirs = self.python.rows[case, "dependencies"]
        return python == theirs["name"] and swift == expected

    def cut(self, case, field, python, swift) -> bool:
        """They have a longer text, we have as much of it as the service takes."""
        limit = next((n for p, n in LIMITS.items() if fnmatch.fnmatchcase(field, p)), 0)
        if not isinstance(python, str) or not isinstance(swift, str):
            return False
        # As many whole code points as fit.
        fits = python.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
        return swift == fits != python

    def added(self, case, field, python, swift) -> bool:
        """They have none, we have some."""
        return python is None and swift not in (None, "")

    def no_stack(self, case, field, python, swift) -> bool:
        """They have the text `None`, we have nothing."""
        return python == "None" and swift is None

    def zeros(self, case, field, python, swift) -> bool:
        """They have an id of zeros, we have none."""
        return python in ("0" * 32, "0" * 16) and swift is None

    def boolean(self, case, field, python, swift) -> bool:
        """They have Python's name of a Boolean, we have JSON's."""
        return (python, swift) in (("True", "true"), ("False", "false"))

    def status_description(self, case, field, python, swift) -> bool:
        """They have none, we have the message of the span's status."""
        message = self.scenario.status_messages.get(case)
        return python is None and bool(message) and swift == message

    CHECKS = {
        "kept": kept,
        "inherited": inherited,
        "operation name": operation_name,
        "added": added,
        "cut": cut,
        "no stack": no_stack,
        "zeros": zeros,
        "boolean": boolean,
        "status description": status_description,
    }

    def against(self, entries: list[dict]) -> tuple[dict, list[str]]:
        """What is not in the list, and what is wrong with the list."""
        left = dict(self.found)
        wrong = []

        def take(entry: dict, case: str, field: str, accepts) -> bool:
            difference = left.get((case, field))
            if difference is None or not accepts(*difference):
                return False
            del left[case, field]
            return True

        for number, entry in enumerate(entries):
            name = f"entry {number + 1} ({entry.get('rule')})"
            if not entry.get("rule") or not entry.get("reason"):
                wrong.append(f"{name}: rule or reason is missing")
            check = self.CHECKS.get(entry.get("check"))
            if "check" in entry and check is None:
                wrong.append(f"{name}: there is no check {entry['check']}")
                continue
            for case, fields in entry.get("differences", {}).items():
                for field, (python, swift) in fields.items():
                    listed = (python, swift)
                    if not take(
                        entry, case, field, lambda a, b: (shortened(a), shortened(b)) == listed
                    ):
                        wrong.append(f"{name}: {case}: {field} does not differ so")
            for case, fields in entry.get("cases", {}).items():
                for field in fields:
                    if not take(entry, case, field, lambda a, b: check(self, case, field, a, b)):
                        wrong.append(f"{name}: {case}: {field} does not differ so")
        # What holds for any case comes last, so that an entry for one case goes first.
        for number, entry in enumerate(entries):
            if "fields" not in entry:
                continue
            check = self.CHECKS.get(entry.get("check"))
            taken = 0
            for case, field in list(left):
                if any(fnmatch.fnmatchcase(field, pattern) for pattern in entry["fields"]):
                    taken += check is not None and take(
                        entry, case, field, lambda a, b: check(self, case, field, a, b)
                    )
            if taken != entry.get("count"):
                wrong.append(
                    f"entry {number + 1} ({entry.get('rule')}): {taken} differ so, "
                    f"{entry.get('count')} are listed"
                )
        return left, wrong


# That it can fail


UNLISTED, STALE = "unlisted", "stale"


def self_check(judge, tables: dict, entries: list[dict]) -> tuple[int, list[str]]:
    """Tampers with rows and list; returns how often, and what went unnoticed."""
    tried = 0
    unnoticed = []

    def expect(what: str, change, sign: str) -> None:
        nonlocal tried
        tried += 1
        changed = copy.deepcopy(tables), copy.deepcopy(entries)
        change(*changed)
        unlisted, wrong = judge(*changed)
        if not (unlisted if sign == UNLISTED else wrong):
            unnoticed.append(what)

    def row(tables: dict, side: str, table: str, case: str) -> dict:
        return next(r for r in tables[side][table] if f'"case":"{case}"' in r["customDimensions"])

    def set_cell(table: str, case: str, column: str, held):
        def change(tables: dict, _) -> None:
            row(tables, "swift", table, case)[column] = held

        return change

    for table, case, column, held in [
        ("requests", "server-new", "url", "https://shop.example/"),
        ("requests", "server-new", "success", 0),
        ("requests", "server-new", "timestamp", "2026-01-02T03:04:06.000000Z"),
        ("requests", "server-new", "operation_Id", "f" * 32),
        ("requests", "server-new", "sdkVersion", "somebody"),
        ("requests", "limit-name", "operation_Name", "GET /long"),
        ("dependencies", "server-tree-sql", "operation_ParentId", "f" * 16),
        ("dependencies", "server-tree-sql", "operation_Name", "another"),
        ("dependencies", "http-new", "operation_Name", "another"),
        ("traces", "server-tree-log", "client_IP", "192.0.2.1"),
        ("traces", "log-info", "severityLevel", 2),
        ("traces", "log-info", "timestamp", "2026-01-02T03:04:06.000000Z"),
        ("customMetrics", "counter", "valueSum", 6),
        ("customMetrics", "counter", "customDimensions", '{"case":"counter","country":"SE"}'),
    ]:
        expect(f"{case}: another {column}", set_cell(table, case, column, held), UNLISTED)

    def lose(tables: dict, _) -> None:
        tables["swift"]["traces"].remove(row(tables, "swift", "traces", "log-info"))

    def double(tables: dict, _) -> None:
        tables["swift"]["traces"].append(dict(row(tables, "swift", "traces", "log-info")))

    def become_equal(table: str, case: str, column: str):
        def change(tables: dict, _) -> None:
            held = row(tables, "python", table, case)[column]
            row(tables, "swift", table, case)[column] = held

        return change

    def forget(_, entries: list[dict]) -> None:
        entries.pop(next(n for n, entry in enumerate(entries) if "differences" in entry))

    def add_stale(_, entries: list[dict]) -> None:
        stale = {"server-new": {"requests.url": ["a", "b"]}}
        entries.append({"rule": "none", "reason": "none", "differences": stale})

    def miscount(_, entries: list[dict]) -> None:
        next(entry for entry in entries if "count" in entry)["count"] += 1

    def no_reason(_, entries: list[dict]) -> None:
        entries[0]["reason"] = ""

    expect("a row that is lost", lose, UNLISTED)
    expect("a row that is there twice", double, UNLISTED)
    for table, case, column in [
        ("requests", "server-500-unset", "success"),
        ("requests", "server-user-info", "url"),
        ("requests", "server-new", "customDimensions"),
        ("dependencies", "server-tree-sql", "operation_Name"),
        ("exceptions", "log-exception-error", "details"),
        ("traces", "log-info", "operation_Id"),
    ]:
        expect(f"{case}: {column} as theirs", become_equal(table, case, column), STALE)
    expect("an entry that is forgotten", forget, UNLISTED)
    expect("an entry that is stale", add_stale, STALE)
    expect("an entry that counts wrong", miscount, STALE)
    expect("an entry without a reason", no_reason, STALE)
    return tried, unnoticed


def fetch(tool: str, endpoint: str, path: str) -> int:
    tables = {table: query(tool, endpoint, f"SELECT * FROM {table}") for table in TABLES}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(tables, file)
    return 0


def compare(scenario_path: str, differences_path: str, *paths: str) -> int:
    scenario = Scenario(load(scenario_path))
    entries = load(differences_path)
    tables = {side: load(path) for side, path in zip(SIDES, paths, strict=True)}

    def compared(tables: dict) -> Comparison:
        return Comparison(scenario, *(Rows(side, scenario, tables[side]) for side in SIDES))

    comparison = compared(tables)
    python, swift = comparison.python, comparison.swift
    print(
        f"rows: {scenario.cases} cases; {python.count} rows from Python, {swift.count} from Swift; "
        f"{len(python.rows.keys() & swift.rows.keys())} pairs, {len(comparison.found)} differences "
        f"by {len(entries)} entries of the list"
    )
    unlisted, wrong = comparison.against(entries)
    by_case: dict[str, dict] = {}
    for (case, field), (theirs, ours) in unlisted.items():
        by_case.setdefault(case, {})[field] = [shortened(theirs), shortened(ours)]
    for case, fields in by_case.items():
        print(f"FAIL unlisted: {json.dumps(case)}: {json.dumps(fields, ensure_ascii=False)}")
    for line in wrong:
        print(f"FAIL {line}")
    if unlisted or wrong:
        return 1
    tried, unnoticed = self_check(
        lambda tables, entries: compared(tables).against(entries), tables, entries
    )
    print(f"rows: {tried - len(unnoticed)} of {tried} tamperings were noticed")
    for line in unnoticed:
        print(f"FAIL unnoticed: {line}")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit({"fetch": fetch, "compare": compare}[sys.argv[1]](*sys.argv[2:]))
