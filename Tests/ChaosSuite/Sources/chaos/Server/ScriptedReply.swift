import TelemetryTransport

/// What a server does with a request.
struct ScriptedReply: Sendable {
    /// What stands behind the header.
    enum Body: String, Sendable, CaseIterable {
        /// What the service sends.
        case reply
        case empty
        case html
        case octets
        /// Less than the header announces, then the end of the connection.
        case truncated
        /// What the service sends, compressed.
        case gzip
    }

    /// Which items are taken.
    enum Acceptance: Sendable {
        case all
        case none
        /// All but those at these positions.
        case allBut(Set<Int>)
    }

    /// What follows the request.
    enum Course: Sendable, Equatable {
        case answer
        /// The connection is reset.
        case reset
        /// Nothing, for ever.
        case silence
        /// The answer comes a few bytes at a time, over this many milliseconds.
        case drip(milliseconds: Int)
    }

    var status = 200
    var headers: [(name: String, value: String)] = []
    var body = Body.reply
    /// The text of ``Body/reply``; `nil` for one that fits the status.
    var text: String?
    var acceptance = Acceptance.all
    var course = Course.answer
    /// Before anything happens, in milliseconds.
    var delay = 0

    /// Takes everything and says so.
    static let accepted = ScriptedReply()

    /// Takes nothing.
    static func refused(
        _ status: Int,
        body: Body = .reply,
        headers: [(name: String, value: String)] = []
    ) -> ScriptedReply {
        ScriptedReply(status: status, headers: headers, body: body, acceptance: .none)
    }

    /// What the service says by OTLP.
    private var message: [UInt8] {
        guard (200..<300).contains(self.status) else {
            return OTLPRequest.status("as the script says")
        }
        let rejected = if case .allBut(let refused) = self.acceptance { refused.count } else { 0 }
        return OTLPRequest.response(rejected: rejected)
    }

    /// Redirects.
    static func redirect(_ status: Int, to location: String?) -> ScriptedReply {
        .refused(status, body: .empty, headers: location.map { [("Location", $0)] } ?? [])
    }

    /// Takes some items, and names the others.
    static func partial(_ errors: String, refused: Set<Int>, body: Body = .reply) -> ScriptedReply {
        ScriptedReply(
            status: 206,
            body: body,
            text: "{\"itemsReceived\":0,\"itemsAccepted\":0,\"errors\":[\(errors)]}",
            acceptance: .allBut(refused)
        )
    }

    /// The body's media type and bytes, and how many bytes are announced.
    func content(
        itemCount: Int,
        wire: Wire
    ) -> (type: String?, isCompressed: Bool, bytes: [UInt8], length: Int) {
        if wire == .otlp, self.body == .reply || self.body == .gzip {
            let message = self.message
            let isCompressed = self.body == .gzip
            let bytes = isCompressed ? Gzip.compress(message) : message
            return ("application/x-protobuf", isCompressed, bytes, bytes.count)
        }
        let taken = if case .all = self.acceptance { itemCount } else { 0 }
        let text =
            self.text
            ?? "{\"itemsReceived\":\(itemCount),\"itemsAccepted\":\(taken),\"errors\":[]}"
        let json = Array(text.utf8)
        switch self.body {
        case .reply:
            return ("application/json; charset=utf-8", false, json, json.count)
        case .empty:
            return (nil, false, [], 0)
        case .html:
            let page = Array("<html><body><h1>\(self.status)</h1></body></html>".utf8)
            return ("text/html", false, page, page.count)
        case .octets:
            let noise: [UInt8] = [0, 255, 1, 254, 200, 13, 10, 0, 0, 7]
            return ("application/octet-stream", false, noise, noise.count)
        case .truncated:
            return ("application/json", false, Array(json.prefix(20)), json.count + 1_000)
        case .gzip:
            let compressed = Gzip.compress(json)
            return ("application/json", true, compressed, compressed.count)
        }
    }
}
