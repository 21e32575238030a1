import AzureMonitorExporter
import Configuration
import Testing

@testable import AzureMonitor

/// What `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` make.
struct SamplerNameTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String?
        var argument: String?
        var sampler: String
        /// What the one line about it begins with; `nil` if nothing is said.
        var said: String?

        init(_ name: String?, _ argument: String?, _ sampler: String, said: String? = nil) {
            (self.name, self.argument, self.sampler, self.said) = (name, argument, sampler, said)
        }

        var testDescription: String { "\(self.name ?? "-") \(self.argument ?? "-")" }
    }

    private static let standard = "parent(all)"
    private static let badRatio = "OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1"
    private static let badLimit = "OTEL_TRACES_SAMPLER_ARG is not a number of traces a second"

    static let rows: [Row] = [
        Row(nil, nil, Self.standard),
        Row("", "0.5", Self.standard),
        Row(nil, "0.5", Self.standard),
        Row("always_on", nil, "all"),
        Row("always_off", "nonsense", "none"),
        Row("Always_On", nil, "all"),
        Row("traceidratio", "0.25", "ratio 0.25"),
        Row("trace_id_ratio", " 0.25 ", "ratio 0.25"),
        Row("traceidratio", nil, "ratio 1.0"),
        Row("traceidratio", "1.5", "ratio 1.0", said: Self.badRatio),
        Row("parentbased_always_on", nil, "parent(all)"),
        Row("parentbased_always_off", nil, "parent(none)"),
        Row("parentbased_traceidratio", "0.25", "parent(ratio 0.25)"),
        Row("parentbased_trace_id_ratio", "0.25", "parent(ratio 0.25)"),
        Row("parentbased_trace_id_ratio", "nan", "parent(ratio 1.0)", said: Self.badRatio),
        Row("microsoft.fixed_percentage", "0.25", "ApplicationInsightsSampler{0.25}"),
        Row("microsoft.fixed.percentage", "0.25", "ApplicationInsightsSampler{0.25}"),
        Row("microsoft.fixed_percentage", "0", "ApplicationInsightsSampler{0.0}"),
        Row("microsoft.fixed_percentage", "1", "ApplicationInsightsSampler{1.0}"),
        Row("microsoft.fixed_percentage", nil, "ApplicationInsightsSampler{1.0}"),
        Row("microsoft.fixed_percentage", "", "ApplicationInsightsSampler{1.0}"),
        Row(
            "microsoft.fixed_percentage",
            "25",
            "ApplicationInsightsSampler{1.0}",
            said: Self.badRatio
        ),
        Row(
            "microsoft.fixed.percentage",
            "-0.1",
            "ApplicationInsightsSampler{1.0}",
            said: Self.badRatio
        ),
        Row(
            "microsoft.fixed.percentage",
            "nan",
            "ApplicationInsightsSampler{1.0}",
            said: Self.badRatio
        ),
        Row("microsoft.rate_limited", "0.5", "RateLimitedSampler{0.5}"),
        Row("microsoft.rate_limited", "0", "RateLimitedSampler{0.0}"),
        Row("microsoft.rate_limited", "200", "RateLimitedSampler{200.0}"),
        Row("microsoft.rate_limited", nil, "RateLimitedSampler{5.0}"),
        Row("microsoft.rate_limited", "-1", "RateLimitedSampler{5.0}", said: Self.badLimit),
        Row("microsoft.rate_limited", "inf", "RateLimitedSampler{5.0}", said: Self.badLimit),
        Row("microsoft.rate_limited", "five", "RateLimitedSampler{5.0}", said: Self.badLimit),
        Row(
            "parentbased_microsoft.fixed_percentage",
            "0.5",
            "parent(ApplicationInsightsSampler{0.5})"
        ),
        Row("parentbased_microsoft.rate_limited", "2", "parent(RateLimitedSampler{2.0})"),
        Row("xray", nil, Self.standard, said: "OTEL_TRACES_SAMPLER names the unknown sampler xray"),
        Row(
            "parentbased_jaeger_remote",
            "0.5",
            Self.standard,
            said: "OTEL_TRACES_SAMPLER names the unknown sampler parentbased_jaeger_remote"
        ),
    ]

    @Test(arguments: Self.rows)
    func nameAndArgumentMakeTheSampler(row: Row) {
        let configuration = self.configuration(name: row.name, argument: row.argument)
        #expect(Self.text(of: configuration.traces.sampler) == row.sampler)
        #expect(configuration.notices.count == (row.said == nil ? 0 : 1))
        if let said = row.said {
            #expect(configuration.notices.first?.hasPrefix(said) == true)
        }
    }

    @Test func samplerSetInCodeWinsOverTheEnvironment() {
        var configuration = self.configuration(name: "microsoft.rate_limited", argument: "1")
        configuration.traces.sampler = ApplicationInsightsSampler(ratio: 0.5)
        #expect(Self.text(of: configuration.traces.sampler) == "ApplicationInsightsSampler{0.5}")
    }

    private func configuration(name: String?, argument: String?) -> AzureMonitor.Configuration {
        var variables: [String: String] = [:]
        variables["OTEL_TRACES_SAMPLER"] = name
        variables["OTEL_TRACES_SAMPLER_ARG"] = argument
        return AzureMonitor.Configuration(
            configReader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: variables)
            )
        )
    }

    private static func text(of sampler: any Sampler) -> String {
        switch sampler {
        case is AlwaysOnSampler: "all"
        case is AlwaysOffSampler: "none"
        case let sampler as TraceIDRatioSampler: "ratio \(sampler.ratio)"
        case let sampler as ParentBasedSampler: "parent(\(Self.text(of: sampler.root)))"
        default: "\(sampler)"
        }
    }
}
