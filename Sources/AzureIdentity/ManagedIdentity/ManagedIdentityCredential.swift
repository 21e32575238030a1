import HTTPTypes
public import TelemetryTransport

/// Gets tokens for the identity that Azure gives to the machine or service the process runs on.
///
/// No secret is needed: the host knows the process. Which host it is, the variables say.
///
/// | Host                                    | Request                                            |
/// | --------------------------------------- | -------------------------------------------------- |
/// | virtual machine, scale set, AKS node    | `GET` to the metadata service, `2018-02-01`        |
/// | App Service, Functions, Container Apps  | `GET {IDENTITY_ENDPOINT}`, `2019-08-01`            |
/// | Azure Arc                               | the same twice: a challenge names a file with a key |
/// | Azure Machine Learning                  | `GET {MSI_ENDPOINT}`, `2017-09-01`                 |
/// | Cloud Shell                             | `POST {MSI_ENDPOINT}`                              |
/// | Service Fabric                          | `GET {IDENTITY_ENDPOINT}`, `2019-07-01-preview`    |
/// | workload identity                       | ``WorkloadIdentityCredential``                     |
///
/// These requests never take a proxy. In Service Fabric and Cloud Shell, the identity cannot be
/// chosen.
public struct ManagedIdentityCredential: TokenCredential {
    static let name = "ManagedIdentityCredential"

    /// Where Arc's agent keeps the keys that its challenges name.
    package static let arcTokenFolder = "/var/opt/azcmagent/tokens"

    /// Arc's agent itself.
    package static let arcAgentPath = "/opt/azcmagent/bin/himds"

    let id: ManagedIdentityID?
    let context: IdentityContext
    let arcTokenFolder: String
    private let arcAgentPath: String
    private let probesFirst: Bool

    /// Creates a credential; nothing is sent before a token is needed.
    ///
    /// - Parameters:
    ///   - id: Which identity; `nil` for the one that the system assigned, or the only one.
    ///   - environment: The environment variables; `nil` for those of the process.
    ///   - transport: What sends; `nil` for libcurl without a proxy.
    public init(
        id: ManagedIdentityID? = nil,
        environment: [String: String]? = nil,
        transport: (any HTTPTransport)? = nil
    ) {
        self.init(
            id: id,
            probesFirst: false,
            context: IdentityContext(environment: environment, transport: transport)
        )
    }

    /// Creates a credential with all that a chain or a test may want otherwise.
    ///
    /// - Parameters:
    ///   - id: Which identity.
    ///   - probesFirst: Whether a virtual machine's metadata service is looked for, for a second,
    ///     before the request with all its tries: outside of Azure nobody answers.
    ///   - context: Variables, transport and time.
    ///   - arcTokenFolder: Where Arc's agent keeps its keys.
    ///   - arcAgentPath: Where Arc's agent is.
    package init(
        id: ManagedIdentityID? = nil,
        probesFirst: Bool,
        context: IdentityContext,
        arcTokenFolder: String = Self.arcTokenFolder,
        arcAgentPath: String = Self.arcAgentPath
    ) {
        self.id = id
        self.probesFirst = probesFirst
        self.context = context
        self.arcTokenFolder = arcTokenFolder
        self.arcAgentPath = arcAgentPath
    }

    /// The same, looking for a metadata service before it asks one.
    var probingFirst: Self {
        Self(
            id: self.id,
            probesFirst: true,
            context: self.context,
            arcTokenFolder: self.arcTokenFolder,
            arcAgentPath: self.arcAgentPath
        )
    }

    /// Asks the host for a token.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        let host = ManagedIdentityHost(context: self.context, arcAgentPath: self.arcAgentPath)
        var token: AccessToken
        switch host {
        case .virtualMachine(let host):
            if self.probesFirst { try await self.probe(host) }
            token = try await self.virtualMachineToken(for: request, host: host)
        case .appService(let endpoint, let header):
            token = try await self.appServiceToken(for: request, at: endpoint, header: header)
        case .arc(let endpoint):
            token = try await self.arcToken(for: request, at: endpoint)
        case .machineLearning(let endpoint, let secret):
            token = try await self.machineLearningToken(for: request, at: endpoint, secret: secret)
        case .cloudShell(let endpoint):
            token = try await self.cloudShellToken(for: request, at: endpoint)
        case .serviceFabric(let endpoint, let header, let thumbprint):
            token = try await self.serviceFabricToken(
                for: request,
                at: endpoint,
                header: header,
                thumbprint: thumbprint
            )
        case .workload:
            token = try await self.workloadToken(for: request)
        }
        token.credential = "\(Self.name) (\(host))"
        return token
    }

    private func workloadToken(
        for request: TokenRequest
    ) async throws(CredentialError) -> AccessToken {
        var clientID: String?
        switch self.id?.value {
        case nil: break
        case .client(let id): clientID = id
        case .object, .resource:
            throw self.error(.invalidConfiguration, "A workload is chosen by its client id.")
        }
        return try await WorkloadIdentityCredential(clientID: clientID, context: self.context)
            .token(for: request)
    }

    // MARK: What the hosts share

    /// How long connecting to a service of the host may take.
    static let connectTimeout: Duration = .seconds(2)

    /// How long one answer may take.
    static let requestTimeout: Duration = .seconds(10)

    /// An exchange that takes no proxy.
    func exchange(retries: TokenExchange.Retries) -> TokenExchange {
        TokenExchange(
            credential: Self.name,
            context: self.context,
            route: .machine(connectTimeout: Self.connectTimeout),
            retries: retries
        )
    }

    /// A `GET` with a query.
    static func get(
        _ endpoint: String,
        query: [(name: String, value: String)],
        headers: HTTPFields
    ) -> TransportRequest {
        TransportRequest(
            method: .get,
            url: endpoint + (endpoint.contains("?") ? "&" : "?") + FormEncoding.encode(query),
            headers: headers,
            timeout: Self.requestTimeout
        )
    }

    /// The header field without which the services of a host do not answer.
    static let metadataField: HTTPFields = {
        var headers = HTTPFields()
        if let name = HTTPField.Name("Metadata") { headers[name] = "true" }
        return headers
    }()

    /// An error of this credential.
    func error(_ code: CredentialError.Code, _ message: String) -> CredentialError {
        CredentialError(code: code, credential: Self.name, message: message)
    }
}
