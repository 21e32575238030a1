import HTTPTypes
import TelemetryTransport

/// The metadata service of a virtual machine, also known as IMDS.
///
/// | Query         | Value                                                        |
/// | ------------- | ------------------------------------------------------------ |
/// | `api-version` | `2018-02-01`                                                 |
/// | `resource`    | the scope without `/.default`                                |
/// | `client_id`, `object_id`, `msi_res_id` | one of them, if an identity was chosen |
///
/// It answers 404 and 410 while it is being set up or updated, so these are tried again, 410 for
/// 70 seconds as Microsoft advises. Where nobody answers, or somebody else does, there is none, and
/// another credential may do.
///
/// - SeeAlso: [Error handling](https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling)
extension ManagedIdentityCredential {
    private static let path = "/metadata/identity/oauth2/token"

    private static let retries = TokenExchange.Retries(
        statuses: { $0 == 404 || $0 == 410 || $0 == 429 || $0 >= 500 },
        includesFailures: true,
        pauses: [
            .milliseconds(800), .milliseconds(1_600), .milliseconds(3_200), .milliseconds(6_400),
            .milliseconds(12_800),
        ],
        pausesByStatus: [410: [.seconds(1), .seconds(5), .seconds(10), .seconds(20), .seconds(40)]]
    )

    /// Asks the metadata service for a token.
    func virtualMachineToken(
        for request: TokenRequest,
        host: String
    ) async throws(CredentialError) -> AccessToken {
        var query: [(name: String, value: String)] = [
            ("api-version", "2018-02-01"), ("resource", request.resource),
        ]
        switch self.id?.value {
        case nil: break
        case .client(let id): query.append(("client_id", id))
        case .object(let id): query.append(("object_id", id))
        case .resource(let id): query.append(("msi_res_id", id))
        }
        let exchange = self.exchange(retries: Self.retries)
        let response: TransportResponse
        do throws(CredentialError) {
            response = try await exchange.response(
                to: Self.get(host + Self.path, query: query, headers: Self.metadataField)
            )
        } catch {
            var error = error
            let wasCancelled = (error.cause as? TransportError)?.code == .cancelled
            if !wasCancelled { error.code = .unavailable }
            throw error
        }
        let now = self.context.now()
        switch response.status {
        case 200:
            guard Self.isObject(response.body) else {
                throw self.error(.unavailable, "Something else than a metadata service answers.")
            }
            return try TokenReply.token(in: response, credential: Self.name, now: now)
        case 400:
            // It says so of machines without an identity, or without the one that was asked for.
            var error = TokenReply.error(in: response, credential: Self.name, now: now)
            error.code = .unavailable
            error.message += " Assign an identity to this machine, or check the id."
            throw error
        default:
            throw TokenReply.error(in: response, credential: Self.name, now: now)
        }
    }

    /// Whether it is at least the beginning of one.
    private static func isObject(_ body: [UInt8]) -> Bool {
        body.first { ![0x09, 0x0A, 0x0D, 0x20].contains($0) } == UInt8(ascii: "{")
    }

    /// Finds out within a second whether there is a metadata service.
    ///
    /// The request lacks the field that makes the service give out tokens; it answers 400.
    func probe(_ host: String) async throws(CredentialError) {
        var request = Self.get(
            host + Self.path,
            query: [("api-version", "2018-02-01"), ("resource", "https://management.azure.com")],
            headers: [:]
        )
        request.timeout = .seconds(1)
        let response: TransportResponse
        do throws(TransportError) {
            response = try await self.context.send(
                request,
                by: .machine(connectTimeout: .seconds(1))
            )
        } catch {
            throw CredentialError(
                code: .unavailable,
                credential: Self.name,
                message: "No metadata service answers here (\(error.code)).",
                cause: error
            )
        }
        // A desktop's container engine answers in its place.
        if response.status == 403,
            String(decoding: response.body, as: UTF8.self).contains("unreachable")
        {
            throw self.error(.unavailable, "No metadata service can be reached from here.")
        }
    }
}
