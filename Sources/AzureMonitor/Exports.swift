// Who imports the distribution gets the pipeline and the records it carries.
@_exported public import TelemetryEngine
@_exported public import TelemetryModel

@_exported public import struct AzureMonitorExporter.ApplicationInsightsSampler
// Who imports the distribution can name the samplers that are usual in Application Insights.
@_exported public import class AzureMonitorExporter.RateLimitedSampler
@_exported public import enum OTLPExporter.OTLPCompression
// Who imports the distribution can describe where telemetry goes as well.
@_exported public import struct OTLPExporter.OTLPConfiguration
@_exported public import struct OTLPExporter.OTLPError
@_exported public import enum OTLPExporter.OTLPProtocol
