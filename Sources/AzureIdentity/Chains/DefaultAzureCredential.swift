public import TelemetryTransport

/// Finds a credential that works where the process runs: in Azure, in a cluster, on a laptop.
///
/// | Order | Credential                      | Name                         | Group  |
/// | ----- | ------------------------------- | ---------------------------- | ------ |
/// | 1     | ``EnvironmentCredential``       | `environmentcredential`      | `prod` |
/// | 2     | ``WorkloadIdentityCredential``  | `workloadidentitycredential` | `prod` |
/// | 3     | ``ManagedIdentityCredential``   | `managedidentitycredential`  | `prod` |
/// | 4     | ``AzureCLICredential``          | `azureclicredential`         | `dev`  |
/// | 5     | ``AzurePowerShellCredential``   | `azurepowershellcredential`  | `dev`  |
/// | 6     | ``AzureDeveloperCLICredential`` | `azuredeveloperclicredential` | `dev` |
///
/// The variable `AZURE_TOKEN_CREDENTIALS` narrows this to a group or to one credential by its
/// name, in letters of any case; what code excludes stays excluded. A managed identity that is
/// alone in the chain is not looked for first, but asked with all patience.
///
/// `AZURE_CLIENT_ID` chooses the user-assigned identity, too.
///
/// - SeeAlso: ``ChainedTokenCredential`` for what happens when one fails.
public struct DefaultAzureCredential: TokenCredential {
    /// One of the credentials in the chain.
    public struct Kind: Hashable, Sendable, CaseIterable {
        enum Value: String, CaseIterable {
            case environment = "environmentcredential"
            case workloadIdentity = "workloadidentitycredential"
            case managedIdentity = "managedidentitycredential"
            case azureCLI = "azureclicredential"
            case azurePowerShell = "azurepowershellcredential"
            case azureDeveloperCLI = "azuredeveloperclicredential"

            var isForProduction: Bool {
                switch self {
                case .environment, .workloadIdentity, .managedIdentity: true
                case .azureCLI, .azurePowerShell, .azureDeveloperCLI: false
                }
            }
        }

        let value: Value

        /// ``EnvironmentCredential``.
        public static let environment = Self(value: .environment)
        /// ``WorkloadIdentityCredential``.
        public static let workloadIdentity = Self(value: .workloadIdentity)
        /// ``ManagedIdentityCredential``.
        public static let managedIdentity = Self(value: .managedIdentity)
        /// ``AzureCLICredential``.
        public static let azureCLI = Self(value: .azureCLI)
        /// ``AzurePowerShellCredential``.
        public static let azurePowerShell = Self(value: .azurePowerShell)
        /// ``AzureDeveloperCLICredential``.
        public static let azureDeveloperCLI = Self(value: .azureDeveloperCLI)

        /// All of them, in the order in which they are asked.
        public static var allCases: [Kind] { Value.allCases.map(Self.init(value:)) }
    }

    static let name = "DefaultAzureCredential"
    private static let variable = "AZURE_TOKEN_CREDENTIALS"

    /// What is asked, in this order; empty if `AZURE_TOKEN_CREDENTIALS` makes no sense.
    package let kinds: [Kind]

    private let chain: ChainedTokenCredential
    private let problem: CredentialError?

    /// Creates a credential; nothing is read or sent before a token is needed.
    ///
    /// - Parameters:
    ///   - excluded: What is not asked.
    ///   - managedIdentityID: Which managed identity; `nil` for the one with the client id in
    ///     `AZURE_CLIENT_ID`, or the system's.
    ///   - environment: The environment variables; `nil` for those of the process.
    ///   - transport: What sends; `nil` for libcurl.
    public init(
        excluding excluded: Set<Kind> = [],
        managedIdentityID: ManagedIdentityID? = nil,
        environment: [String: String]? = nil,
        transport: (any HTTPTransport)? = nil
    ) {
        self.init(
            excluding: excluded,
            managedIdentityID: managedIdentityID,
            context: IdentityContext(environment: environment, transport: transport)
        )
    }

    package init(
        excluding excluded: Set<Kind> = [],
        managedIdentityID: ManagedIdentityID? = nil,
        context: IdentityContext
    ) {
        let chosen = Self.kinds(named: context.variable(Self.variable))
        self.problem =
            chosen == nil
            ? CredentialError(
                code: .invalidConfiguration,
                credential: Self.name,
                message: "\(Self.variable) is neither dev nor prod nor one of "
                    + "\(Kind.Value.allCases.map(\.rawValue).joined(separator: ", "))."
            ) : nil
        let kinds = (chosen ?? []).filter { !excluded.contains($0) }
        self.kinds = kinds
        let id =
            managedIdentityID ?? context.variable("AZURE_CLIENT_ID").map { .clientID($0) }
        self.chain = ChainedTokenCredential(
            name: Self.name,
            links: kinds.map { kind in
                switch kind.value {
                case .environment: .init(credential: EnvironmentCredential(context: context))
                case .workloadIdentity:
                    .init(credential: WorkloadIdentityCredential(context: context))
                case .managedIdentity:
                    .init(
                        credential: ManagedIdentityCredential(
                            id: id,
                            probesFirst: kinds.count > 1,
                            context: context
                        )
                    )
                case .azureCLI:
                    .init(credential: AzureCLICredential(context: context), yieldsOnError: true)
                case .azurePowerShell:
                    .init(
                        credential: AzurePowerShellCredential(context: context),
                        yieldsOnError: true
                    )
                case .azureDeveloperCLI:
                    .init(
                        credential: AzureDeveloperCLICredential(context: context),
                        yieldsOnError: true
                    )
                }
            }
        )
    }

    /// Asks the credential that worked before, or else each in order.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        if let problem { throw problem }
        return try await self.chain.token(for: request)
    }

    /// What a value of the variable stands for; `nil` if it makes no sense.
    private static func kinds(named text: String?) -> [Kind]? {
        switch text?.trimmingBlanks.lowercased() {
        case nil, "": return Kind.allCases
        case "prod": return Kind.allCases.filter(\.value.isForProduction)
        case "dev": return Kind.allCases.filter { !$0.value.isForProduction }
        case let name?: return Kind.Value(rawValue: name).map { [Kind(value: $0)] }
        }
    }
}
