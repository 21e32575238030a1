"""Compares how azure-identity for Python and ours ask for tokens, and what comes of it.

    compare.py ask SCENARIO SENDER SCRATCH CERTIFICATE ASKED         runs all cases, twice
    compare.py compare SCENARIO DIFFERENCES ASKED                    compares

A case of the scenario is run once by each side, against doubles of its own that play the same
script; see doubles.py. `matrix` makes a case of each of its hosts with each of the `failures`.

Requests of a case are matched by method and path, the second of a kind with the second. Compared
are their number and every parameter of query and form, every header field except those that only
concern the connection, and of each ask the outcome (`token`, `unavailable` or `failed`; `waiting`
if the case's time was up), which of the answers the token is from, and how long it is good for.

Every difference must be in the list DIFFERENCES, and everything in the list must differ. An entry
there has a `rule`, which says what it is about, a `reason`, and what differs:

    "differences": {CASE: {FIELD: [PYTHON, SWIFT]}}       these values, null for none
    "check": NAME, "fields": [PATTERN, …], "count": N     what the check of that name accepts,
    "values": [PYTHON, SWIFT], "fields": …, "count": N    or these values, as often as that, in
    "cases": [PATTERN, …]                                 cases like these, or in all

The exit status is 1 if anything is unlisted or no longer differs. Unlisted differences are printed
in the form of the list. Afterwards the comparison is given tampered records and lists, and fails
unless it notices each.
"""

import copy
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import doubles
from integration import load

SIDES = ["python", "swift"]
TOOLS = ["az", "azd", "pwsh"]
# What only concerns the connection, or follows from the rest.
UNCOMPARED = {"host", "connection", "content-length"}
UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
AT_ONCE = 24


# Asking


def cases_of(scenario: dict) -> list[dict]:
    """All cases, those that take long first."""
    found = list(scenario["cases"])
    for row in scenario["matrix"]:
        for name, failure in scenario["failures"].items():
            if name in row.get("except", []):
                continue
            own = row.get("instead", {}).get(name, {})
            case = {key: row[key] for key in ("host", "plan", "files") if key in row}
            case |= failure | own
            case["case"] = f"{row['name']}/{name}"
            case["answers"] = row.get("before", []) + case["answers"]
            found.append(case)
    names = Counter(case["case"] for case in found)
    double = [name for name, count in names.items() if count > 1]
    if double:
        raise ValueError(f"there are several cases {double}")
    return sorted(found, key=lambda case: -case.get("seconds", 1))


class Forks:
    """The process that runs the cases of Python."""

    def __init__(self) -> None:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ask.py")
        self.process = subprocess.Popen(
            [sys.executable, "-B", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.ended: dict[str, threading.Event] = {}
        self.lock = threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        for line in self.process.stdout:
            self.ended[json.loads(line)].set()

    def run(self, case: dict) -> None:
        ended = threading.Event()
        with self.lock:
            self.ended[case["id"]] = ended
            self.process.stdin.write(json.dumps(case).encode() + b"\n")
            self.process.stdin.flush()
        if not ended.wait(case["limit"] + 300):
            raise TimeoutError(case["id"])

    def close(self) -> None:
        self.process.stdin.close()
        if self.process.wait(300) != 0:
            raise RuntimeError("ask.py failed")


def run_case(
    case: dict, side: str, scenario: dict, sender: str, forks: Forks, place: str, certificate: str
) -> dict:
    folder = os.path.join(place, side, case["case"].replace("/", "-"))
    tools = os.path.join(folder, "bin")
    os.makedirs(tools)
    record = os.path.join(folder, "requests")
    host = scenario["hosts"][case["host"]]
    double = doubles.Double(
        case.get("answers", []),
        record,
        certificate if host.get("tls") else None,
        case.get("refused", False),
    )
    try:
        return run_against(double, case, side, host, sender, forks, folder, record, certificate)
    finally:
        double.close()


def run_against(
    double: doubles.Double,
    case: dict,
    side: str,
    host: dict,
    sender: str,
    forks: Forks,
    folder: str,
    record: str,
    certificate: str,
) -> dict:
    tools = os.path.join(folder, "bin")
    values = {"<authority>": double.authority, "<origin>": double.origin, "<folder>": folder}

    def filled(given):
        if isinstance(given, dict):
            return {filled(key): filled(held) for key, held in given.items()}
        if isinstance(given, list):
            return [filled(held) for held in given]
        if isinstance(given, str):
            for name, text in values.items():
                given = given.replace(name, text)
        return given

    double.answers = filled(double.answers)
    for name, text in case.get("files", {}).items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    for name, answer in case.get("tools", {}).items():
        answers = os.path.join(folder, f"{name}.json")
        with open(answers, "w", encoding="utf-8") as file:
            json.dump([filled(answer)], file)
        path = os.path.join(tools, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"#!/bin/sh\nexec '{sys.executable}' -I -B '{doubles.__file__}' tool {name} "
                f"'{answers}' '{record}' \"$@\"\n"
            )
        os.chmod(path, 0o700)
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "HOME": folder,
        "REQUESTS_CA_BUNDLE": certificate,
        "SSL_CERT_FILE": certificate,
    }
    environment |= filled(host.get("environment", {}) | case.get("environment", {}))
    environment = {key: text for key, text in environment.items() if text is not None}
    plan = filled(case["plan"])
    limit = case.get("limit", 50)
    outcomes = os.path.join(folder, "outcomes")
    began = time.monotonic()
    if side == "python":
        forks.run(
            {
                "id": case["case"],
                "plan": plan,
                "environment": environment,
                "limit": limit,
                "outcomes": outcomes,
            }
        )
    else:
        with open(outcomes, "wb") as out, open(f"{outcomes}.err", "wb") as err:
            try:
                subprocess.run(
                    [sender],
                    input=json.dumps(plan).encode(),
                    stdout=out,
                    stderr=err,
                    env=environment,
                    timeout=limit,
                )
            except subprocess.TimeoutExpired:
                pass
    seconds = time.monotonic() - began

    def emptied(text: str) -> str:
        for name, held in values.items():
            text = text.replace(held, name)
        return text

    def lines(path: str) -> list[dict]:
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(emptied(line)) for line in file]

    asks = lines(outcomes)
    while len(asks) < plan.get("asks", 1):
        # Ended early, because its time was up or because it crashed.
        asks.append({"outcome": "waiting" if seconds > limit - 1 else "crashed"})
    return {"asks": asks, "requests": lines(record), "seconds": round(seconds, 1)}


def ask(scenario_path: str, sender: str, place: str, certificate: str, asked: str) -> int:
    scenario = load(scenario_path)
    cases = cases_of(scenario)
    skipped = []
    if os.environ.get("ARC_TOKENS") is None:
        skipped = [case["case"] for case in cases if case["host"] == "arc"]
        cases = [case for case in cases if case["host"] != "arc"]
        print("tokens: SKIPPED Azure Arc: its folder for keys cannot be made here")
    forks = Forks()
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = {
            (case["case"], side): pool.submit(
                run_case, case, side, scenario, sender, forks, place, certificate
            )
            for case in cases
            for side in SIDES
        }
    forks.close()
    held = {side: {} for side in SIDES}
    for (case, side), result in results.items():
        held[side][case] = result.result()
    held["skipped"] = skipped
    with open(asked, "w", encoding="utf-8") as file:
        json.dump(held, file)
    print(f"tokens: {len(cases)} cases, twice, in {time.monotonic() - began:.0f} s")
    shutil.rmtree(place)
    return 0


# What was asked, and what came of it


def header(name: str, text: str) -> str:
    """The value of a header field, without what differs from run to run."""
    if re.fullmatch(UUID, text):
        return "a UUID"
    if name == "x-client-os" or name == "x-client-ver":
        return "its own"
    return text


def flat(result: dict) -> dict[str, object]:
    """All that is compared of a case."""
    fields: dict[str, object] = {}
    for number, asked in enumerate(result["asks"]):
        fields[f"ask {number + 1}.outcome"] = asked["outcome"]
        if asked["outcome"] == "token":
            fields[f"ask {number + 1}.token"] = asked["token"]
            # Half a minute is more than anything of this takes.
            fields[f"ask {number + 1}.life"] = round(asked["life"] / 60) * 60
    numbers: Counter = Counter()
    for request in result["requests"]:
        kind = f"{request['method']} {request['path']}"
        numbers[kind] += 1
        name = kind if numbers[kind] == 1 else f"{kind} #{numbers[kind]}"
        fields[f"{name}.(request)"] = "one"
        for part in ("query", "form", "header", "option", "script", "variable", "folder", "input"):
            held = request.get(part, {})
            pairs = list(held.items()) if isinstance(held, dict) else held
            for key, text in pairs:
                if part == "header":
                    if key in UNCOMPARED:
                        continue
                    text = header(key, text)
                if key == "claims":
                    text = json.dumps(json.loads(text), sort_keys=True)
                field = f"{name}.{part}.{key}" if key else f"{name}.{part}"
                # One that is there twice is two.
                while field in fields:
                    field += "+"
                fields[field] = text
    return fields


class Comparison:
    """All differences, each a case, a field and two values."""

    def __init__(self, asked: dict) -> None:
        self.found: dict[tuple[str, str], tuple] = {}
        self.fields = 0
        for case in sorted(asked["python"].keys() | asked["swift"].keys()):
            theirs, ours = (flat(asked[side].get(case, NOTHING)) for side in SIDES)
            single = set()
            for field in sorted(theirs.keys() | ours.keys()):
                self.fields += 1
                if theirs.get(field) == ours.get(field):
                    continue
                name = field.rpartition(".(request)")[0]
                if name:
                    single.add(name)
                self.found[case, field] = (theirs.get(field), ours.get(field))
            # What only one of them sent is one difference, whatever is in it.
            for key in [key for key in self.found if key[0] == case]:
                within = any(key[1].startswith(f"{name}.") for name in single)
                if within and not key[1].endswith(".(request)"):
                    del self.found[key]

    # The checks that entries of the list name.

    CHECKS = {
        "only theirs": lambda python, swift: python is not None and swift is None,
        "agents": lambda python, swift: (
            str(python).startswith("azsdk-python-identity/1.27.0 Python/3.")
            and re.fullmatch(r"swift-azure-monitor(/\S+)?", str(swift)) is not None
        ),
        # The zone of New York, in winter or summer.
        "hours late": lambda python, swift: python - swift in (14_400, 18_000),
    }

    def against(self, entries: list[dict], skipped: list[str]) -> tuple[dict, list[str]]:
        """What is not in the list, and what is wrong with the list."""
        left = dict(self.found)
        wrong = []
        for number, entry in enumerate(entries):
            name = f"entry {number + 1} ({entry.get('rule')})"
            if not entry.get("rule") or not entry.get("reason"):
                wrong.append(f"{name}: rule or reason is missing")
            if len({"differences", "check", "values"} & entry.keys()) != 1:
                wrong.append(f"{name}: either differences or a check or values")
            for case, fields in entry.get("differences", {}).items():
                if case in skipped:
                    continue
                for field, listed in fields.items():
                    if left.get((case, field)) != tuple(listed):
                        wrong.append(f"{name}: {case}: {field} does not differ so")
                        continue
                    del left[case, field]
        # What holds for many cases comes last, so that an entry for one goes first.
        for number, entry in enumerate(entries):
            if "fields" not in entry:
                continue
            name = f"entry {number + 1} ({entry.get('rule')})"
            check = self.CHECKS.get(entry.get("check"))
            if "values" in entry:
                listed = tuple(entry["values"])
                check = lambda python, swift, listed=listed: (python, swift) == listed  # noqa: E731
            if check is None:
                wrong.append(f"{name}: there is no check {entry.get('check')}")
                continue
            taken = 0
            for (case, field), values in list(left.items()):
                if (
                    any(fnmatch.fnmatchcase(case, each) for each in entry.get("cases", ["*"]))
                    and any(fnmatch.fnmatchcase(field, each) for each in entry["fields"])
                    and check(*values)
                ):
                    del left[case, field]
                    taken += 1
            # Without the cases of Azure Arc there are fewer.
            expected = entry.get("count")
            if taken != expected and not (skipped and taken < (expected or 0)):
                wrong.append(f"{name}: {taken} differ so, {expected} are listed")
        return left, wrong


NOTHING = {"asks": [], "requests": []}

# That it can fail


def self_check(judge, asked: dict, entries: list[dict]) -> tuple[int, list[str]]:
    """Tampers with records and list; returns how often, and what went unnoticed."""
    tried = 0
    unnoticed = []

    def expect(what: str, change, sign: int) -> None:
        nonlocal tried
        tried += 1
        changed = copy.deepcopy(asked), copy.deepcopy(entries)
        change(*changed)
        if not judge(*changed)[sign]:
            unnoticed.append(what)

    unlisted, stale = 0, 1

    def last(asked: dict, case: str) -> dict:
        return asked["swift"][case]["requests"][-1]

    def set_pair(case: str, part: str, key: str, text):
        def change(asked: dict, _) -> None:
            pairs = dict(last(asked, case)[part])
            if pairs.get(key) == text:
                raise ValueError(f"{case} has {key} {text} anyway")
            if text is None:
                del pairs[key]
            else:
                pairs[key] = text
            last(asked, case)[part] = list(pairs.items()) if part != "header" else pairs

        return change

    for case, part, key, text in [
        ("secret", "form", "client_secret", "another"),
        ("secret", "form", "scope", "https://monitor.azure.com/.default"),
        ("secret", "form", "grant_type", None),
        ("secret", "form", "more", "1"),
        ("secret", "header", "content-type", "text/plain"),
        ("secret-claims", "form", "claims", "{}"),
        ("workload", "form", "client_assertion", "another"),
        ("imds", "query", "api-version", "2019-08-01"),
        ("imds", "query", "resource", "https://monitor.azure.com"),
        ("imds", "header", "metadata", None),
        ("imds-client", "query", "client_id", "another"),
        ("appservice", "header", "x-identity-header", "another"),
        ("appservice", "header", "x-more", "1"),
        ("ml", "header", "secret", None),
        ("cloudshell", "form", "resource", "another"),
        ("az", "option", "--resource", "another"),
        ("azd", "option", "--scope", "another"),
        ("pwsh", "script", "resource", "another"),
    ]:
        expect(f"{case}: another {key}", set_pair(case, part, key, text), unlisted)

    def set_field(case: str, key: str, text: str):
        def change(asked: dict, _) -> None:
            last(asked, case)[key] = text

        return change

    expect("another method", set_field("cloudshell", "method", "PUT"), unlisted)
    expect("another path", set_field("imds", "path", "/metadata/identity"), unlisted)

    def set_ask(case: str, key: str, held):
        def change(asked: dict, _) -> None:
            asked["swift"][case]["asks"][0][key] = held

        return change

    expect("another outcome", set_ask("imds/404-once", "outcome", "failed"), unlisted)
    expect("another token", set_ask("imds/404-once", "token", "token-1"), unlisted)
    expect("another life", set_ask("imds/404-once", "life", 1_800), unlisted)

    def lose(asked: dict, _) -> None:
        asked["swift"]["imds/404-once"]["requests"].pop()

    def add(asked: dict, _) -> None:
        asked["swift"]["imds"]["requests"].append(last(asked, "imds"))

    def lose_case(asked: dict, _) -> None:
        del asked["swift"]["imds"]

    expect("a request less", lose, unlisted)
    expect("a request more", add, unlisted)
    expect("no such case", lose_case, unlisted)

    def become_equal(asked: dict, _) -> None:
        case = "workload-line-end"
        asked["swift"][case] = copy.deepcopy(asked["python"][case])

    expect("no difference any more", become_equal, stale)

    for number, entry in enumerate(entries):
        if "differences" in entry and entry["differences"].keys() <= set(asked["skipped"]):
            continue

        def drop(_, entries: list, number=number) -> None:
            del entries[number]

        def explain_nothing(_, entries: list, number=number) -> None:
            entries[number]["reason"] = ""

        expect(f"entry {number + 1} dropped", drop, unlisted)
        expect(f"entry {number + 1} without a reason", explain_nothing, stale)
        if "fields" in entries[number]:

            def count(_, entries: list, number=number) -> None:
                entries[number]["count"] -= 1

            if not asked["skipped"]:
                expect(f"entry {number + 1} with another count", count, stale)
        else:

            def listed(_, entries: list, number=number) -> None:
                for fields in entries[number]["differences"].values():
                    fields[next(iter(fields))] = ["this", "that"]

            expect(f"entry {number + 1} with other values", listed, stale)

    return tried, unnoticed


def compare(scenario_path: str, differences_path: str, asked_path: str) -> int:
    cases = cases_of(load(scenario_path))
    entries = load(differences_path)
    asked = load(asked_path)

    def judge(asked: dict, entries: list[dict]) -> tuple[dict, list[str]]:
        return Comparison(asked).against(entries, asked["skipped"])

    comparison = Comparison(asked)
    requests = {side: sum(len(r["requests"]) for r in asked[side].values()) for side in SIDES}
    print(
        f"tokens: {len(cases) - len(asked['skipped'])} cases; {requests['python']} requests from "
        f"Python, {requests['swift']} from Swift; {comparison.fields} fields, "
        f"{len(comparison.found)} differences by {len(entries)} entries of the list"
    )
    unlisted, wrong = judge(asked, entries)
    by_case: dict[str, dict] = {}
    for (case, field), values in unlisted.items():
        by_case.setdefault(case, {})[field] = values
    for case, fields in by_case.items():
        print(f"FAIL unlisted: {json.dumps(case)}: {json.dumps(fields, ensure_ascii=False)}")
        for side in SIDES:
            for each in asked[side].get(case, NOTHING)["asks"]:
                if "error" in each:
                    print(f"     {side}: {each['error'][:300]!r}")
    for line in wrong:
        print(f"FAIL {line}")
    if unlisted or wrong:
        return 1
    tried, unnoticed = self_check(judge, asked, entries)
    print(f"tokens: {tried - len(unnoticed)} of {tried} tamperings were noticed")
    for line in unnoticed:
        print(f"FAIL unnoticed: {line}")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit({"ask": ask, "compare": compare}[sys.argv[1]](*sys.argv[2:]))
