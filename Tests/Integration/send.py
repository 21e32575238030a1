"""Sends a known set of telemetry through Microsoft's packages for Python.

    send.py exporters | distro    with APPLICATIONINSIGHTS_CONNECTION_STRING set

`exporters` assembles the SDK by hand from the three exporters, `distro` calls
`configure_azure_monitor`. Both then do the same work under a role name of their own. Ids are of
the SDK's choosing and times fixed, so that check.py knows every value but the ids.
"""

import logging
import os
import sys

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind

from integration import at, described, fail_request, request

CONNECTION_STRING = os.environ["APPLICATIONINSIGHTS_CONNECTION_STRING"]


def set_up_exporters() -> list:
    """Assembles the three pipelines by hand; returns what must be shut down."""
    from azure.monitor.opentelemetry.exporter import (
        AzureMonitorLogExporter,
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )
    from opentelemetry._logs import set_logger_provider
    from opentelemetry.instrumentation.logging.handler import LoggingHandler
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    options = {"connection_string": CONNECTION_STRING, "disable_offline_storage": True}
    resource = described("python-exporters")

    tracer_provider = TracerProvider(resource=resource)
    tracer_provider.add_span_processor(BatchSpanProcessor(AzureMonitorTraceExporter(**options)))
    trace.set_tracer_provider(tracer_provider)

    logger_provider = LoggerProvider(resource=resource)
    logger_provider.add_log_record_processor(
        BatchLogRecordProcessor(AzureMonitorLogExporter(**options))
    )
    set_logger_provider(logger_provider)
    logging.getLogger("shop").addHandler(LoggingHandler(logger_provider=logger_provider))

    meter_provider = MeterProvider(
        resource=resource,
        metric_readers=[PeriodicExportingMetricReader(AzureMonitorMetricExporter(**options))],
    )
    metrics.set_meter_provider(meter_provider)
    return [tracer_provider, logger_provider, meter_provider]


def set_up_distro() -> list:
    """Lets the distribution set everything up; returns what must be shut down."""
    from azure.monitor.opentelemetry import configure_azure_monitor
    from opentelemetry._logs import get_logger_provider

    configure_azure_monitor(
        connection_string=CONNECTION_STRING,
        disable_offline_storage=True,
        enable_live_metrics=False,
        enable_performance_counters=False,
        logger_name="shop",
        resource=described("python-distro"),
        sampling_ratio=1.0,
        instrumentation_options={
            name: {"enabled": False}
            for name in (
                "azure_sdk django fastapi flask httpx psycopg2 requests urllib urllib3".split()
            )
        },
    )
    return [trace.get_tracer_provider(), get_logger_provider(), metrics.get_meter_provider()]


def work() -> None:
    """Two requests with what belongs to them, a job, and three instruments."""
    tracer = trace.get_tracer("shop")
    logger = logging.getLogger("shop")
    logger.setLevel(logging.INFO)
    logger.propagate = False

    # A request that succeeds, with a statement, a call, and a line of the log.
    span = request(tracer, "/orders/1", 200, start=0)
    with trace.use_span(span, end_on_exit=False):
        tracer.start_span(
            "SELECT orders",
            kind=SpanKind.CLIENT,
            start_time=at(10),
            attributes={
                "db.system": "postgresql",
                "db.name": "shop",
                "db.statement": "SELECT * FROM orders WHERE id = ?",
                "server.address": "db.example",
                "server.port": 5432,
            },
        ).end(at(40))
        tracer.start_span(
            "GET",
            kind=SpanKind.CLIENT,
            start_time=at(50),
            attributes={
                "http.request.method": "GET",
                "url.full": "https://stock.example/items/1",
                "server.address": "stock.example",
                "server.port": 443,
                "http.response.status_code": 503,
            },
        ).end(at(175))
        logger.info("order %d shipped", 1, extra={"order.id": 1})
    span.end(at(250))

    fail_request(tracer, logger)

    # Work of its own.
    tracer.start_span("sweep", kind=SpanKind.INTERNAL, start_time=at(2_000)).end(at(2_001))
    logger.error("swept %s", "nothing")

    meter = metrics.get_meter("shop")
    shipped = meter.create_counter("orders.shipped")
    shipped.add(2, {"country": "NO"})
    shipped.add(3, {"country": "NO"})
    shipped.add(1, {"country": "SE"})
    weight = meter.create_histogram("orders.weight")
    for value in (0.5, 4.0, 12.25):
        weight.record(value)
    meter.create_up_down_counter("orders.waiting").add(-4)


def main() -> None:
    providers = {"exporters": set_up_exporters, "distro": set_up_distro}[sys.argv[1]]()
    work()
    for provider in providers:
        if not provider.force_flush():
            sys.exit(f"{type(provider).__name__} could not flush")
    for provider in providers:
        provider.shutdown()


if __name__ == "__main__":
    main()
