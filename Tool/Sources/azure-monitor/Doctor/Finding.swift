/// What a check found out.
struct Finding: Equatable {
    /// How bad it is.
    enum Status: String {
        /// As it should be.
        case ok
        /// It works, and something should be looked at.
        case warn
        /// Telemetry does not arrive because of this, or not for long.
        case fail
        /// Not checked, because it does not apply or something before it failed.
        case skip
    }

    var status: Status

    /// What was found.
    let what: String

    /// What to do about it, if anything.
    let remedy: String?

    private init(_ status: Status, _ what: String, _ remedy: String?) {
        self.status = status
        self.what = Self.oneLine(what).replacing("; ", with: ", ")
        self.remedy = remedy.map(Self.oneLine)
    }

    static func ok(_ what: String, _ remedy: String? = nil) -> Finding {
        Finding(.ok, what, remedy)
    }

    static func warn(_ what: String, _ remedy: String) -> Finding {
        Finding(.warn, what, remedy)
    }

    static func fail(_ what: String, _ remedy: String) -> Finding {
        Finding(.fail, what, remedy)
    }

    static func skip(_ what: String) -> Finding { Finding(.skip, what, nil) }

    /// Text of others as a part of ours: on one line, without what would steer the terminal, and
    /// without a full stop.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: line += " "
            case .format: line += "\u{FFFD}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        while line.last == " " || line.last == "." { line.removeLast() }
        return line
    }
}

/// A finding and what it is about.
struct CheckResult: Equatable {
    let name: CheckName
    let finding: Finding

    /// The line that is shown.
    var line: String {
        let remedy = self.finding.remedy.map { "; \($0)" } ?? ""
        return "\(self.finding.status) \(self.name.rawValue): \(self.finding.what)\(remedy)"
    }

    /// The same as a JSON object; the remedy is `null` if there is none.
    var json: String {
        let members = [
            "\"status\":\(JSONLiteral.text(self.finding.status.rawValue))",
            "\"name\":\(JSONLiteral.text(self.name.rawValue))",
            "\"what\":\(JSONLiteral.text(self.finding.what))",
            "\"remedy\":\(self.finding.remedy.map(JSONLiteral.text) ?? "null")",
        ]
        return "{\(members.joined(separator: ","))}"
    }
}
