"""Sends a known set of telemetry through OpenTelemetry's SDK and its OTLP exporters for Python.

    send.py ENDPOINT protobuf | gzip

Nothing is configured but the endpoint and the compression: batches, ids and temporality are as
they come, and what adds up is cumulative. Times of spans are fixed; check.py knows every value
but the ids.
"""

import logging
import sys

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

from integration import at, described, fail_request, request

ENDPOINT, WAY = sys.argv[1:]
COMPRESSION = {"protobuf": Compression.NoCompression, "gzip": Compression.Gzip}[WAY]


def exporter(kind: type, signal: str):
    return kind(endpoint=f"{ENDPOINT}/v1/{signal}", compression=COMPRESSION, timeout=300)


resource = described(f"otlp-{WAY}")

tracers = TracerProvider(resource=resource)
tracers.add_span_processor(BatchSpanProcessor(exporter(OTLPSpanExporter, "traces")))

loggers = LoggerProvider(resource=resource)
loggers.add_log_record_processor(BatchLogRecordProcessor(exporter(OTLPLogExporter, "logs")))
set_logger_provider(loggers)
logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(LoggingHandler(logger_provider=loggers))

meters = MeterProvider(
    resource=resource,
    metric_readers=[
        PeriodicExportingMetricReader(
            exporter(OTLPMetricExporter, "metrics"), export_interval_millis=600_000
        )
    ],
    views=[
        View(instrument_name="orders.size", aggregation=ExponentialBucketHistogramAggregation())
    ],
)


def trace_and_log() -> None:
    """Two requests with what belongs to them, and a message that is sent and received."""
    tracer = tracers.get_tracer("shop", "4.5")

    span = request(tracer, "/orders/1", 200, start=0)
    with trace.use_span(span, end_on_exit=False):
        tracer.start_span(
            "SELECT orders",
            kind=SpanKind.CLIENT,
            start_time=at(10),
            attributes={
                "db.system.name": "postgresql",
                "db.namespace": "shop",
                "db.query.text": "SELECT * FROM orders WHERE id = ?",
                "server.address": "db.example",
            },
        ).end(at(40))
        logger.info("order %d shipped", 1, extra={"order.id": 1})
    span.end(at(250))

    fail_request(tracer, logger)

    sent = tracer.start_span("publish", kind=SpanKind.PRODUCER, start_time=at(2_000))
    with trace.use_span(sent, end_on_exit=False):
        tracer.start_span("process", kind=SpanKind.CONSUMER, start_time=at(2_010)).end(at(2_012))
    sent.end(at(2_001))
    logger.error("swept %s", "nothing")


def measure() -> None:
    """Three exports: what adds up is reported three times, each time with all so far."""
    meter = meters.get_meter("shop")
    shipped = meter.create_counter("orders.shipped", unit="{order}")
    weight = meter.create_histogram("orders.weight", unit="kg")
    size = meter.create_histogram("orders.size")
    waiting = meter.create_up_down_counter("orders.waiting")
    temperature = meter.create_gauge("store.temperature")
    seconds = iter([1.5, 4.0, 4.0, 4.0])
    meter.create_observable_counter(
        "store.seconds", callbacks=[lambda _: [Observation(next(seconds))]]
    )

    shipped.add(2, {"country": "NO"})
    shipped.add(3, {"country": "NO"})
    for value in (4.0, 12.25):
        weight.record(value)
        size.record(value)
    waiting.add(5)
    temperature.set(21.5)
    export()

    shipped.add(7, {"country": "NO"})
    shipped.add(1, {"country": "SE"})
    for value in (0.5, 5.0):
        weight.record(value)
        size.record(value)
    waiting.add(-2)
    temperature.set(20.25)
    export()

    shipped.add(10, {"country": "SE"})
    waiting.add(-4)
    export()


def export() -> None:
    if not meters.force_flush():
        sys.exit("the metrics could not be flushed")


trace_and_log()
measure()
for provider in (tracers, loggers):
    if not provider.force_flush():
        sys.exit(f"{type(provider).__name__} could not flush")
tracers.shutdown()
loggers.shutdown()
# Exports once more, with nothing new.
meters.shutdown()
