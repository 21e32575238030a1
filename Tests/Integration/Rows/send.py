"""Sends the scenario through Microsoft's exporters for Python.

    send.py SCENARIO    with APPLICATIONINSIGHTS_CONNECTION_STRING set

The program RowsSender of the folder `Sender` sends the same through ours. Each session has
providers of its own, and each span and log record a request of its own, so that an item that
spoils its batch spoils no other.
"""

import json
import os
import sys
import time

from azure.monitor.opentelemetry.exporter import (
    ApplicationInsightsSampler,
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from integration import value

OPTIONS = {
    "connection_string": os.environ["APPLICATIONINSIGHTS_CONNECTION_STRING"],
    "disable_offline_storage": True,
}

# What an error of RowsSender is called there.
ERROR_TYPE = "RowsSender.Refused"

SEVERITIES = {
    "trace": SeverityNumber.TRACE,
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "notice": SeverityNumber.INFO2,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}


def values(given: dict | None, case: str | None = None) -> dict:
    attributes = {key: value(element) for key, element in (given or {}).items()}
    return attributes | ({"case": case} if case else {})


def span_context(header: str) -> trace.SpanContext:
    _, trace_id, span_id, flags = header.split("-")
    return trace.SpanContext(
        int(trace_id, 16), int(span_id, 16), True, trace.TraceFlags(int(flags, 16))
    )


class Session:
    def __init__(self, plan: dict, start: int) -> None:
        self.start = start
        resource = Resource({key: value(text) for key, text in plan["resource"].items()})
        sampler = ApplicationInsightsSampler(plan["ratio"]) if "ratio" in plan else None
        self.tracers = TracerProvider(resource=resource, sampler=sampler)
        exporter = AzureMonitorTraceExporter(**OPTIONS, tracer_provider=self.tracers)
        self.tracers.add_span_processor(SimpleSpanProcessor(exporter))
        self.loggers = LoggerProvider(resource=resource)
        self.loggers.add_log_record_processor(
            SimpleLogRecordProcessor(AzureMonitorLogExporter(**OPTIONS))
        )
        self.meters = MeterProvider(
            resource=resource,
            metric_readers=[PeriodicExportingMetricReader(AzureMonitorMetricExporter(**OPTIONS))],
        )
        self.tracer = self.tracers.get_tracer("rows")
        self.logger = self.loggers.get_logger("rows")
        self.meter = self.meters.get_meter("rows")
        self.instruments = {}

        for span in plan.get("spans", []):
            self.record_span(span, None)
        for log in plan.get("logs", []):
            self.record_log(log, None)
        for metric in plan.get("metrics", []):
            self.record_metric(metric)
        # The reader collects once when it is shut down.
        for provider in (self.tracers, self.loggers, self.meters):
            provider.shutdown()

    def record_span(self, plan: dict, surroundings) -> None:
        begin = self.start + plan.get("at", 0) * 1_000_000
        if "parent" in plan:
            parent = trace.NonRecordingSpan(span_context(plan["parent"]))
            surroundings = trace.set_span_in_context(parent)
        span = self.tracer.start_span(
            plan["name"],
            context=surroundings or trace.set_span_in_context(trace.INVALID_SPAN),
            kind=SpanKind[plan["kind"].upper()],
            attributes=values(plan.get("attributes"), plan["case"]),
            links=[
                trace.Link(span_context(link["to"]), values(link.get("attributes")))
                for link in plan.get("links", [])
                for _ in range(link.get("times", 1))
            ],
            start_time=begin,
        )
        for number, event in enumerate(plan.get("events", [])):
            attributes = values(event.get("attributes"), f"{plan['case']}/{number}")
            name = event.get("name")
            if "error" in event:
                name = "exception"
                attributes |= {
                    "exception.type": ERROR_TYPE,
                    "exception.message": event["error"],
                }
            span.add_event(name, attributes, begin + event.get("at", 5) * 1_000_000)
        inside = trace.set_span_in_context(span)
        for child in plan.get("children", []):
            self.record_span(child, inside)
        for log in plan.get("logs", []):
            self.record_log(log, inside)
        if "status" in plan:
            code = StatusCode[plan["status"].upper()]
            span.set_status(Status(code, plan.get("statusMessage")))
        span.end(begin + plan.get("nanoseconds", 25_000_000))

    def record_log(self, plan: dict, context) -> None:
        attributes = values(plan.get("attributes"), plan["case"])
        if "error" in plan:
            attributes = {
                "exception.type": ERROR_TYPE,
                "exception.message": plan["error"],
            } | attributes
        now = time.time_ns()
        self.logger.emit(
            LogRecord(
                timestamp=now,
                observed_timestamp=now,
                context=context or trace.set_span_in_context(trace.INVALID_SPAN),
                severity_text=plan["level"],
                severity_number=SEVERITIES[plan["level"]],
                body=value(plan["body"]),
                attributes=attributes,
            )
        )

    def record_metric(self, plan: dict) -> None:
        kind, name = plan["instrument"], plan["name"]
        dimensions = plan.get("dimensions", {}) | {"case": plan["case"]}
        if name not in self.instruments:
            make, self.instruments[name] = {
                "counter": (self.meter.create_counter, "add"),
                "floatingPointCounter": (self.meter.create_counter, "add"),
                "upDownCounter": (self.meter.create_up_down_counter, "add"),
                "gauge": (self.meter.create_gauge, "set"),
                "histogram": (self.meter.create_histogram, "record"),
                "timer": (self.meter.create_histogram, "record"),
            }[kind]
            self.instruments[name] = getattr(make(name), self.instruments[name])
        for measured in plan["values"]:
            self.instruments[name](measured, dimensions)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        scenario = json.load(file)
    for session in scenario["sessions"]:
        Session(session, scenario["start"])


if __name__ == "__main__":
    main()
