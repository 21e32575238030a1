// Who imports the distribution gets the pipeline and the records it carries.
@_exported public import TelemetryEngine
@_exported public import TelemetryModel
