/// The names under which Application Insights knows performance counters.
///
/// | Instrument, after `azuremonitor.performancecounter.` | Counter                                        |
/// | ------------------------ | -------------------------------------------------------------------------- |
/// | `memoryavailablebytes`   | `\Memory\Available Bytes`                                                  |
/// | `exceptionssec`          | `\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec`          |
/// | `requestexecutiontime`   | `\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time`         |
/// | `requestssec`            | `\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec`                   |
/// | `processtime`            | `\Process(??APP_WIN32_PROC??)\% Processor Time`                            |
/// | `processtimenormalized`  | `\Process(??APP_WIN32_PROC??)\% Processor Time Normalized`                 |
/// | `processiobytessec`      | `\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec`                           |
/// | `processprivatebytes`    | `\Process(??APP_WIN32_PROC??)\Private Bytes`                               |
/// | `processortotalprocessortime` | `\Processor(_Total)\% Processor Time`                                 |
enum PerformanceCounter {
    private static let prefix = "azuremonitor.performancecounter."

    /// The counter that an instrument of any scope measures, if it measures one.
    static func name(ofInstrument instrument: String) -> String? {
        guard instrument.hasPrefix(Self.prefix) else { return nil }
        return switch instrument.dropFirst(Self.prefix.count) {
        case "memoryavailablebytes": #"\Memory\Available Bytes"#
        case "exceptionssec": ##"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec"##
        case "requestexecutiontime":
            #"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"#
        case "requestssec": #"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"#
        case "processtime": #"\Process(??APP_WIN32_PROC??)\% Processor Time"#
        case "processtimenormalized": #"\Process(??APP_WIN32_PROC??)\% Processor Time Normalized"#
        case "processiobytessec": #"\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec"#
        case "processprivatebytes": #"\Process(??APP_WIN32_PROC??)\Private Bytes"#
        case "processortotalprocessortime": #"\Processor(_Total)\% Processor Time"#
        default: nil
        }
    }
}
