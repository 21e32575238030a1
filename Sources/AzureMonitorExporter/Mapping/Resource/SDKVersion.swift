import TelemetryEngine

/// What the tag `ai.internal.sdkVersion` says.
///
/// `<platform><system><attachment>_swift<version>:otel<version>:dst<version>`, for instance
/// `ulm_swift6.3:otel1.50.0:dst0.1.0`.
///
/// | Letter     | Values                                                             |
/// | ---------- | ------------------------------------------------------------------ |
/// | platform   | `f` Functions, `a` App Service, `k` Kubernetes, `u` anything else  |
/// | system     | `l` Linux, `w` Windows, `u` anything else                          |
/// | attachment | `i` attached by Azure, `m` built in by the developer               |
enum SDKVersion {
    /// The version of this package.
    static let package = PackageVersion.current

    /// The version of the OpenTelemetry specification that the package follows.
    static let openTelemetry = "1.50.0"

    /// The version of the compiler, which the language does not tell at run time.
    static var swift: String {
        #if compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// The tag's text.
    static func text(for environment: MappingEnvironment) -> String {
        #if os(Linux)
            let system = "l"
        #elseif os(Windows)
            let system = "w"
        #else
            let system = "u"
        #endif
        let attachment = environment.isAttached ? "i" : "m"
        return environment.platform.rawValue + system + attachment
            + "_swift\(Self.swift):otel\(Self.openTelemetry):dst\(Self.package)"
    }
}
