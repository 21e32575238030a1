"""A receiver of OTLP made of other people's parts: opentelemetry-proto reads, grpcio listens.

    receiver.py http|grpc COUNT COMMAND…

runs the command with the receiver's address in OTEL_EXPORTER_OTLP_ENDPOINT. The command sends COUNT
spans, log records and metric points, each with the number `seq` from 0 in its attributes, and succeeds
when all were accepted. Each signal's first request is refused for a moment, with the delay to wait for;
the second is answered with a warning. In the end every number must have arrived, once.
"""

import collections
import gzip
import http.server
import os
import subprocess
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

SERVICES = {
    "traces": (
        "opentelemetry.proto.collector.trace.v1.TraceService",
        trace_service_pb2.ExportTraceServiceRequest,
        trace_service_pb2.ExportTraceServiceResponse,
    ),
    "logs": (
        "opentelemetry.proto.collector.logs.v1.LogsService",
        logs_service_pb2.ExportLogsServiceRequest,
        logs_service_pb2.ExportLogsServiceResponse,
    ),
    "metrics": (
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
        metrics_service_pb2.ExportMetricsServiceRequest,
        metrics_service_pb2.ExportMetricsServiceResponse,
    ),
}


class Books:
    """What arrived, and what was wrong with it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests = collections.Counter()
        self.seen = {signal: collections.Counter() for signal in SERVICES}
        self.compressed = collections.Counter()
        self.mistakes = []

    def turn(self, signal):
        """The number of this request among those of its signal, from 1."""
        with self.lock:
            self.requests[signal] += 1
            return self.requests[signal]

    def expect(self, what, found, wanted):
        if found != wanted:
            with self.lock:
                self.mistakes.append(f"{what}: found {found!r}, wanted {wanted!r}")

    def take(self, signal, request):
        with self.lock:
            before = sum(self.seen[signal].values())
        {"traces": self.spans, "logs": self.logs, "metrics": self.metrics}[signal](request)
        with self.lock:
            if sum(self.seen[signal].values()) == before:
                self.mistakes.append(f"{signal}: a request without records")

    def note(self, signal, attributes):
        number = attributes.get("seq")
        with self.lock:
            self.seen[signal][int(number) if number is not None else None] += 1

    def resource(self, resource):
        names = values(resource.attributes)
        self.expect("service.name is text", isinstance(names.get("service.name"), str), True)

    def spans(self, request):
        for group in request.resource_spans:
            self.resource(group.resource)
            for scope in group.scope_spans:
                for span in scope.spans:
                    self.expect("trace id", (len(span.trace_id), any(span.trace_id)), (16, True))
                    self.expect("span id", (len(span.span_id), any(span.span_id)), (8, True))
                    self.expect("parent", span.parent_span_id, b"")
                    self.expect("kind", span.kind, trace_pb2.Span.SPAN_KIND_SERVER)
                    self.expect(
                        "times",
                        0 < span.start_time_unix_nano <= span.end_time_unix_nano,
                        True,
                    )
                    attributes = values(span.attributes)
                    self.expect("name", span.name, "GET /generate/{seq}")
                    self.expect("method", attributes.get("http.request.method"), "GET")
                    self.expect("code", attributes.get("http.response.status_code"), 200)
                    self.note("traces", attributes)

    def logs(self, request):
        for group in request.resource_logs:
            self.resource(group.resource)
            for scope in group.scope_logs:
                for record in scope.log_records:
                    self.expect("body", record.body.string_value, "generate")
                    self.expect("severity", (record.severity_number, record.severity_text),
                                (9, record.severity_text))
                    self.expect("time", record.time_unix_nano > 0, True)
                    self.note("logs", values(record.attributes))

    def metrics(self, request):
        for group in request.resource_metrics:
            self.resource(group.resource)
            for scope in group.scope_metrics:
                for metric in scope.metrics:
                    if metric.name != "generate.items":
                        continue
                    self.expect("kind of metric", metric.WhichOneof("data"), "sum")
                    self.expect("is monotonic", metric.sum.is_monotonic, True)
                    for point in metric.sum.data_points:
                        self.expect("value", point.as_int, 1)
                        self.note("metrics", values(point.attributes))

    def judge(self, way, count):
        for signal, seen in self.seen.items():
            self.expect(
                f"{signal}: missing",
                [number for number in range(count) if number not in seen][:5],
                [],
            )
            self.expect(f"{signal}: unknown", [n for n in seen if n not in range(count)][:5], [])
            # Delta sums come once; what is cumulative would come again with each collection.
            self.expect(f"{signal}: twice", [n for n in seen if seen[n] > 1][:5], [])
            self.expect(f"{signal}: at least two requests", self.requests[signal] >= 2, True)
            # grpcio keeps the encoding of a message to itself.
            if way == "http":
                self.expect(f"{signal}: was compressed", self.compressed[signal] > 0, True)


def values(attributes):
    keys = [pair.key for pair in attributes]
    if len(keys) != len(set(keys)):
        raise ValueError(f"keys twice: {keys}")
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
        for pair in attributes
    }


def warning(response):
    """A partial success without loss: a warning."""
    answer = response()
    answer.partial_success.error_message = "this is only a warning"
    return answer


# gRPC


def grpc_handler(books, signal, response):
    def handle(request, context):
        turn = books.turn(signal)
        if turn == 1:
            info = error_details_pb2.RetryInfo(
                retry_delay=duration_pb2.Duration(nanos=300_000_000)
            )
            detail = any_pb2.Any()
            detail.Pack(info)
            status = status_pb2.Status(
                code=code_pb2.RESOURCE_EXHAUSTED, message="a moment, please", details=[detail]
            )
            context.set_trailing_metadata(
                [("grpc-status-details-bin", status.SerializeToString())]
            )
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "a moment, please")
        books.take(signal, request)
        return warning(response) if turn == 2 else response()

    return handle


def serve_grpc(books):
    server = grpc.server(futures.ThreadPoolExecutor(8))
    for signal, (service, request, response) in SERVICES.items():
        server.add_generic_rpc_handlers((
            grpc.method_handlers_generic_handler(service, {
                "Export": grpc.unary_unary_rpc_method_handler(
                    grpc_handler(books, signal, response),
                    request_deserializer=request.FromString,
                    response_serializer=lambda message: message.SerializeToString(),
                )
            }),
        ))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return port, lambda: server.stop(1).wait(5)


# HTTP


def serve_http(books):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signal = self.path.removeprefix("/v1/")
            _, request, response = SERVICES[signal]
            books.expect("content type", self.headers["Content-Type"], "application/x-protobuf")
            if self.headers.get("Content-Encoding") == "gzip":
                books.compressed[signal] += 1
                body = gzip.decompress(body)
            turn = books.turn(signal)
            if turn == 1:
                status = status_pb2.Status(code=14, message="a moment, please")
                self.answer(503, status, [("Retry-After", "1")])
                return
            books.take(signal, request.FromString(body))
            self.answer(200, warning(response) if turn == 2 else response())

        def answer(self, status, message, headers=()):
            body = message.SerializeToString()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port, server.shutdown


def main():
    way, count, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    books = Books()
    port, stop = {"http": serve_http, "grpc": serve_grpc}[way](books)
    environment = dict(os.environ, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
    result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=600)
    stop()
    books.expect("exit status of the sender", result.returncode, 0)
    books.judge(way, count)
    for mistake in books.mistakes[:20]:
        print(f"otlp over {way}: {mistake}", file=sys.stderr)
    print(
        f"otlp over {way}: {sum(books.requests.values())} requests, "
        + ", ".join(f"{sum(seen.values())} {name}" for name, seen in books.seen.items())
        + f", {len(books.mistakes)} mistakes"
    )
    sys.exit(1 if books.mistakes else 0)


main()
