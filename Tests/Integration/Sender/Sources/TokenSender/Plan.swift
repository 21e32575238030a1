/// How a case of the scenario asks for tokens; ask.py of the folder `Tokens` reads the same.
struct Plan: Decodable {
    /// The credential's name in the scenario.
    var credential: String
    var tenant: String?
    var client: String?
    var secret: String?
    var tokenFile: String?
    var subscription: String?
    /// Which managed identity: `client_id`, `object_id` or `resource_id`, and its value.
    var identity: [String: String]?
    /// The credentials of a chain.
    var chain: [String]?
    var scope: String?
    var claims: String?
    /// How often a token is asked for.
    var asks: Int?
    /// Whether a token source stands in front of the credential.
    var source: Bool?
    /// Files that are written between two asks.
    var between: [String: String]?
}
