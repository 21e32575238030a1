"""Doubles of whoever gives out tokens: they record what they are asked, and answer as scripted.

    doubles.py tool NAME ANSWERS RECORD ARGUMENT…    plays `az`, `azd` or `pwsh`

They check nothing. A record is a file with a line of JSON per request, or per run of a tool. The
n-th request gets the n-th answer, those after the last one get the last one again. An answer has

    token             fields of a reply with a token, beside its text, which is `token-N`
    status, headers, json, text
                      any other reply; 200 if there is no status
    skew              by how many seconds the reply's Date is off
    hang              how many seconds to wait, and then to close the connection, or to end
    write             files to write first, by name
    stdout, stderr, exit
                      what a tool prints, and its status

Values of the form `now+N` become a moment in seconds since 1970, as text, or as a number in
{"now": N}. In what tools print, `<epoch+N>`, `<local+N>` and `<utc+N>` become one, `<mark>` and
`<missing>` what the script given to `pwsh` prints before a token and without its module.
"""

import base64
import http.server
import json
import os
import re
import socket
import ssl
import sys
import threading
import time
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlsplit

# Forms that are sent without their type are forms still.
FORM = "application/x-www-form-urlencoded"
TOOL_VARIABLES = ["AZURE_CORE_NO_COLOR", "NO_COLOR", "POWERSHELL_UPDATECHECK"]


def record(path: str, entry: dict) -> None:
    line = json.dumps(entry) + "\n"
    # One write to a file that is appended to is not mixed with others.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def moments(given):
    """A value with the moments in it filled in."""
    if isinstance(given, dict):
        if list(given) == ["now"]:
            return int(time.time()) + given["now"]
        return {key: moments(held) for key, held in given.items()}
    if isinstance(given, str):
        match = re.fullmatch(r"now([+-]\d+)", given)
        if match:
            return str(int(time.time()) + int(match[1]))
    return given


def pick(answers: list[dict], number: int) -> dict:
    return answers[min(number, len(answers) - 1)]


def write_files(answer: dict) -> None:
    for path, text in answer.get("write", {}).items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


# Services


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        double: Double = self.server.double
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        record(
            double.record,
            {
                "method": self.command,
                "path": parts.path,
                "query": parse_qsl(parts.query, keep_blank_values=True),
                "form": parse_qsl(body, keep_blank_values=True),
                "header": {name.lower(): held for name, held in self.headers.items()},
            },
        )
        if parts.path.endswith("/.well-known/openid-configuration"):
            tenant = f"{double.origin}/{parts.path.split('/')[1]}"
            return self.reply(
                200,
                {},
                {
                    "issuer": f"{tenant}/v2.0",
                    "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{tenant}/oauth2/v2.0/token",
                },
            )
        answer = double.next()
        write_files(answer)
        if "hang" in answer:
            time.sleep(answer["hang"])
            self.close_connection = True
            return None
        self.skew = answer.get("skew", 0)
        if "token" in answer:
            reply = {
                "access_token": f"token-{double.asked}",
                "token_type": "Bearer",
                "resource": "https://monitor.azure.com/",
            }
            return self.reply(200, {}, reply | moments(answer["token"]))
        held = answer["json"] if "json" in answer else answer.get("text", "")
        return self.reply(answer.get("status", 200), answer.get("headers", {}), held)

    do_GET = do_POST = respond

    skew = 0

    def date_time_string(self, timestamp=None) -> str:
        return super().date_time_string((timestamp or time.time()) + self.skew)

    def reply(self, status: int, headers: dict, held) -> None:
        body = (held if isinstance(held, str) else json.dumps(held)).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, request, client_address) -> None:
        # Whoever hangs up early does so often.
        if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


class Double:
    """A service on a free port, until `close` is called."""

    def __init__(self, answers: list[dict], record: str, certificate: str | None, refuses=False):
        self.record = record
        self.answers = answers
        self.asked = 0
        self.lock = threading.Lock()
        self.server = None
        scheme = "http" if certificate is None else "https"
        if refuses:
            # A port that is taken, and where nobody listens.
            self.socket = socket.socket()
            self.socket.bind(("127.0.0.1", 0))
            port = self.socket.getsockname()[1]
        else:
            self.server = Server(("127.0.0.1", 0), Handler)
            self.server.double = self
            if certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                # The handshake is done by the connection's own thread.
                self.server.socket = context.wrap_socket(
                    self.server.socket, server_side=True, do_handshake_on_connect=False
                )
            port = self.server.server_address[1]
            threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        self.authority = f"localhost:{port}"
        self.origin = f"{scheme}://{self.authority}"

    def next(self) -> dict:
        with self.lock:
            self.asked += 1
            return pick(self.answers, self.asked - 1)

    def close(self) -> None:
        if self.server is None:
            self.socket.close()
        else:
            self.server.shutdown()
            self.server.server_close()


# Tools


def options(arguments: list[str]) -> dict[str, str]:
    """The words of a command, and its options with their values."""
    found = {"words": ""}
    name = None
    for argument in arguments:
        if argument.startswith("-"):
            name = argument
            found[name] = ""
        elif name is not None and found[name] == "":
            found[name] = argument
        else:
            found["words"] = f"{found['words']} {argument}".strip()
    return found


def script_facts(encoded: str) -> dict[str, str]:
    """What of a script for `pwsh` can be compared, and what it prints."""
    script = base64.b64decode(encoded).decode("utf-16-le")

    def first(*patterns: str) -> str:
        return next((m[1] for p in patterns if (m := re.search(p, script))), "")

    return {
        "resource": first(r"'?ResourceUrl'? = '([^']*)'"),
        "tenant": first(r"TenantId = '([^']*)'", r"\$tenantId = '([^']*)'"),
        "mark": first(r"(?:`n|')([a-z][a-z-]+)%"),
        "missing": first(r"Write-Output (\w+)\n", r"'([a-z-]+)'; exit 1"),
    }


def play(name: str, answers: str, path: str, arguments: list[str]) -> int:
    given = options(arguments)
    facts = {}
    if "-EncodedCommand" in given:
        facts = script_facts(given.pop("-EncodedCommand"))
    entry = {
        "method": "RUN",
        "path": name,
        "option": given,
        "script": {key: facts[key] for key in ("resource", "tenant") if key in facts},
        "variable": {key: os.environ[key] for key in TOOL_VARIABLES if key in os.environ},
        "folder": {"": os.getcwd()},
        "input": {"": "nothing" if not sys.stdin or not sys.stdin.read(1) else "something"},
    }
    record(path, entry)
    with open(answers, encoding="utf-8") as file:
        answer = pick(json.load(file), 0)
    write_files(answer)

    def filled(match: re.Match) -> str:
        if match[1] in facts:
            return facts[match[1]]
        then = int(time.time()) + int(match[3])
        if match[2] == "epoch":
            return str(then)
        if match[2] == "local":
            return datetime.fromtimestamp(then).strftime("%Y-%m-%d %H:%M:%S.000000")
        return datetime.fromtimestamp(then, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def fill(text: str) -> str:
        return re.sub(r"<(mark|missing|(epoch|local|utc)([+-]\d+))>", filled, text)

    time.sleep(answer.get("hang", 0))
    sys.stdout.write(fill(answer.get("stdout", "")))
    sys.stderr.write(fill(answer.get("stderr", "")))
    return answer.get("exit", 0)


if __name__ == "__main__":
    sys.exit(play(*sys.argv[2:5], sys.argv[5:]))
