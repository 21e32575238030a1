/// Thrown where a part of a request is not what it should be; the path grows on the way up.
struct UnreadableItem: Error {
    /// The way from where it is caught to the trouble: `attributes[3].value.intValue`.
    var path: String

    /// What is wrong there.
    var reason: String

    /// The same, seen from one level up.
    func inside(_ component: String) -> UnreadableItem {
        guard !self.path.isEmpty else {
            return UnreadableItem(path: component, reason: self.reason)
        }
        let separator = self.path.hasPrefix("[") ? "" : "."
        return UnreadableItem(path: component + separator + self.path, reason: self.reason)
    }
}

/// Runs `body`, whose errors happened inside `component`.
func at<Result>(
    _ component: @autoclosure () -> String,
    _ body: () throws(UnreadableItem) -> Result
) throws(UnreadableItem) -> Result {
    do throws(UnreadableItem) {
        return try body()
    } catch {
        throw error.inside(component())
    }
}
