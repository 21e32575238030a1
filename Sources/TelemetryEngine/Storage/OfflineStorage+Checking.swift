extension OfflineStorage {
    /// Where a destination's payloads go.
    public struct Place: Hashable, Sendable {
        /// The folder of the destination.
        public var folder: String
        /// The directory that the folder is in, as ``OfflineStorage/list(_:)`` takes it.
        public var directory: String
        /// How many bytes may still be written to its disk.
        public var freeBytes: Int
    }

    /// Finds out where a pipeline would store for a destination, by doing it: it creates the folder
    /// as a pipeline does, writes a file of 4 KiB there, and removes all that again.
    ///
    /// - Parameters:
    ///   - directory: what ``StorageConfiguration/directory`` says; `nil` for the default.
    ///   - destination: whose payloads it is about.
    /// - Throws: ``StorageError``, which says what a pipeline would fail for.
    public static func check(
        _ directory: String?,
        for destination: Destination
    ) throws(StorageError) -> Place {
        let system = FileSystem()
        var configuration = StorageConfiguration()
        configuration.directory = directory
        let location = StorageLocation(
            configuration: configuration,
            destination: destination,
            surroundings: .process
        )
        let missing = Self.missingFolders(of: location, system)
        // The deepest first; one that somebody uses meanwhile is not empty and stays.
        defer { for path in missing.reversed() { system.removeEmptyDirectory(path) } }
        guard let folder = try StorageFolder.open(location, creates: true, system: system) else {
            throw StorageError(code: .unusable, message: "there is no place to store in")
        }
        try folder.tryWriting(
            [UInt8](repeating: 0, count: 4_096),
            as: "check-\(UInt64.random(in: .min ... .max))"
        )
        let path = folder.path
        do throws(SystemError) {
            return Place(
                folder: path,
                directory: String(path.dropLast(location.folder.count + 1)),
                freeBytes: try system.room(at: path)
            )
        } catch {
            throw StorageFolder.explain(error, path)
        }
    }

    /// What is not there yet of the folders that might be used, parents first.
    private static func missingFolders(
        of location: StorageLocation,
        _ system: FileSystem
    ) -> [String] {
        var missing: [String] = []
        for root in location.roots where !root.base.utf8.contains(0) {
            var path = ""
            let below = [root.own, location.folder].compactMap(\.self)
            for name in root.base.split(separator: "/").map(String.init) + below {
                path += "/\(name)"
                do throws(SystemError) {
                    _ = try system.status(ofPath: path)
                } catch {
                    if error.isMissing, !missing.contains(path) { missing.append(path) }
                }
            }
        }
        return missing
    }
}
