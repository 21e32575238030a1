"""Sends the spans of Sources/Workload through Microsoft's exporter for Python.

    whole_path.py ENDPOINT COUNT

Prints the processor time of the process for one span, in microseconds, and spans a second.
"""

import sys
import time

from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

PATHS = [f"/orders/{number * 7919}" for number in range(1024)]


def make_spans(tracer: trace.Tracer, count: int) -> None:
    for sequence in range(count):
        span = tracer.start_span("GET /orders/{id}", kind=SpanKind.SERVER)
        span.set_attribute("http.request.method", "GET")
        span.set_attribute("http.route", "/orders/{id}")
        span.set_attribute("url.path", PATHS[sequence & 1023])
        span.set_attribute("http.response.status_code", 200)
        span.set_attribute("customer.tier", "gold")
        span.end()


def main() -> None:
    endpoint, count = sys.argv[1], int(sys.argv[2])
    exporter = AzureMonitorTraceExporter(
        connection_string=(
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
            f"IngestionEndpoint={endpoint}/"
        ),
        disable_offline_storage=True,
    )
    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.name": "benchmark",
                "service.instance.id": "instance-1",
                "service.version": "1.2.3",
            }
        )
    )
    # Room for all of them: the processor drops what it has no room for, and nothing can wait for it.
    provider.add_span_processor(
        BatchSpanProcessor(exporter, max_queue_size=count + 1, max_export_batch_size=512)
    )
    tracer = provider.get_tracer("benchmark")

    def deliver(number: int) -> None:
        make_spans(tracer, number)
        if not provider.force_flush(120_000):
            sys.exit("not everything was delivered")

    deliver(1024)
    processor, wall = time.process_time(), time.perf_counter()
    deliver(count)
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    print(f"cpu_us\t{processor / count * 1e6}")
    print(f"per_second\t{count / wall}")
    provider.shutdown()


if __name__ == "__main__":
    main()
