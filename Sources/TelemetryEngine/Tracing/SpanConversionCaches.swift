internal import TelemetryModel

/// What converting spans one after the other can use again; owned by whoever converts.
package struct SpanConversionCaches {
    var scopes = ScopeCache()
    var symbols = SymbolCache()

    /// Creates empty caches.
    package init() {}
}

/// The instrumentation scopes of the source files that started spans.
struct ScopeCache {
    private var scopes: [String: InstrumentationScope] = [:]

    /// The one asked for last: most spans of a program start in a few files, and to compare a text
    /// with itself costs less than to hash it.
    private var last: (fileID: String, scope: InstrumentationScope)?

    /// Callers may make up file names at run time.
    private static let capacity = 1_024

    /// The scope of a `#fileID`, such as `MyModule/MyFile.swift`: its module.
    mutating func scope(forFileID fileID: String) -> InstrumentationScope {
        if let last, last.fileID == fileID { return last.scope }
        let scope = self.findScope(forFileID: fileID)
        self.last = (fileID, scope)
        return scope
    }

    private mutating func findScope(forFileID fileID: String) -> InstrumentationScope {
        if let scope = self.scopes[fileID] { return scope }
        let module = fileID.utf8.firstIndex(of: UInt8(ascii: "/")).map { fileID[..<$0] }
        let scope = InstrumentationScope(name: module.map(String.init) ?? fileID)
        if self.scopes.count < Self.capacity {
            self.scopes[fileID] = scope
        }
        return scope
    }
}
