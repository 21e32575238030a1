/// Marks the engine's own work, whose log lines must not come back as telemetry.
///
/// Whatever a library logs while the engine sends is shown on the console, if there is one, and
/// goes no further: a line about a failed export would otherwise be exported, fail and be logged.
package enum EngineWork {
    /// Whether the current task does the engine's work.
    @TaskLocal package static var isActive = false
}
