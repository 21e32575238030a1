/// The version of this package, as it stands in `User-Agent` and `ai.internal.sdkVersion`.
package enum PackageVersion {
    /// The version, by semantic versioning.
    package static let current = "0.1.0"
}
