import Foundation

/// What lies in a folder for offline storage, seen from outside.
struct OfflineStorageListing: Sendable {
    /// How many files look like payloads.
    var payloads = 0
    /// Files and folders of any other kind, relative to the folder.
    var strays: [String] = []

    /// Lists a folder; one that is missing is empty.
    init(_ folder: String) throws {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { return }
        while let path = walk.nextObject() as? String {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let isDirectory = walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
            if isDirectory, name.hasPrefix("opentelemetry-swift-") { continue }
            if !isDirectory, name.hasSuffix(".azm") {
                self.payloads += 1
            } else {
                self.strays.append(path)
            }
        }
    }
}
