/// What the ingestion endpoint answers to one body.
package struct TrackReply: Sendable {
    /// A refused item.
    package struct ItemError: Sendable {
        /// The item's position in the body, from 0.
        package var index: Int
        /// Why it was refused.
        package var message: String
    }

    /// How many items the body held.
    package var itemsReceived = 0
    /// How many of them are stored.
    package var itemsAccepted = 0
    /// The items that are not.
    package var errors: [ItemError] = []

    /// 200 if all items are accepted, 206 if some are, 400 if none is.
    ///
    /// A body without items has nothing wrong with it: 200.
    package var status: Int {
        if self.errors.isEmpty { return 200 }
        return self.itemsAccepted > 0 ? 206 : 400
    }

    /// The reply as JSON.
    package var json: [UInt8] {
        var output: [UInt8] = []
        output.append(contentsOf: "{\"itemsReceived\":\(self.itemsReceived)".utf8)
        output.append(contentsOf: ",\"itemsAccepted\":\(self.itemsAccepted),\"errors\":[".utf8)
        for (position, error) in self.errors.enumerated() {
            if position > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: "{\"index\":\(error.index),\"statusCode\":400".utf8)
            output.append(contentsOf: ",\"message\":".utf8)
            JSONText.append(error.message, to: &output)
            output.append(UInt8(ascii: "}"))
        }
        output.append(contentsOf: "]}".utf8)
        return output
    }
}
