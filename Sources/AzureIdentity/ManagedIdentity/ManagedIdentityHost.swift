/// What kind of host the process runs on, as far as identities go.
///
/// The first row whose variables are set counts.
///
/// | Variables                                                               | Host |
/// | ----------------------------------------------------------------------- | ---- |
/// | `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`, `IDENTITY_SERVER_THUMBPRINT`     | Service Fabric |
/// | `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`                                   | App Service, Functions, Container Apps |
/// | `IDENTITY_ENDPOINT`, `IMDS_ENDPOINT`                                     | Azure Arc |
/// | `MSI_ENDPOINT`, `MSI_SECRET`                                             | Azure Machine Learning |
/// | `MSI_ENDPOINT`                                                           | Cloud Shell |
/// | `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_TENANT_ID`, `AZURE_AUTHORITY_HOST`  | a workload with an issuer of its own |
/// | none of these, and Arc's agent is installed                             | Azure Arc |
/// | none of these                                                           | a virtual machine (IMDS) |
enum ManagedIdentityHost: Hashable {
    case serviceFabric(endpoint: String, header: String, thumbprint: String)
    case appService(endpoint: String, header: String)
    case arc(endpoint: String)
    case machineLearning(endpoint: String, secret: String)
    case cloudShell(endpoint: String)
    case workload
    case virtualMachine(host: String)

    /// Where Arc's agent listens if no variable says.
    private static let arcEndpoint = "http://localhost:40342/metadata/identity/oauth2/token"

    /// Where the metadata service listens if no variable says.
    private static let metadataHost = "http://169.254.169.254"

    /// Looks at the variables and, last, for Arc's agent.
    init(context: IdentityContext, arcAgentPath: String) {
        if let endpoint = context.variable("IDENTITY_ENDPOINT") {
            if let header = context.variable("IDENTITY_HEADER") {
                if let thumbprint = context.variable("IDENTITY_SERVER_THUMBPRINT") {
                    self = .serviceFabric(
                        endpoint: endpoint,
                        header: header,
                        thumbprint: thumbprint
                    )
                } else {
                    self = .appService(endpoint: endpoint, header: header)
                }
                return
            }
            if context.variable("IMDS_ENDPOINT") != nil {
                self = .arc(endpoint: endpoint)
                return
            }
        }
        if let endpoint = context.variable("MSI_ENDPOINT") {
            if let secret = context.variable("MSI_SECRET") {
                self = .machineLearning(endpoint: endpoint, secret: secret)
            } else {
                self = .cloudShell(endpoint: endpoint)
            }
            return
        }
        let workload = ["AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST"]
        if workload.allSatisfy({ context.variable($0) != nil }) {
            self = .workload
        } else if let host = context.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
            self = .virtualMachine(host: host.last == "/" ? String(host.dropLast()) : host)
        } else if SmallFile.isExecutable(at: arcAgentPath) {
            self = .arc(endpoint: Self.arcEndpoint)
        } else {
            self = .virtualMachine(host: Self.metadataHost)
        }
    }
}

extension ManagedIdentityHost: CustomStringConvertible {
    /// The host's name; no variable's value.
    var description: String {
        switch self {
        case .serviceFabric: "Service Fabric"
        case .appService: "App Service"
        case .arc: "Azure Arc"
        case .machineLearning: "Azure Machine Learning"
        case .cloudShell: "Cloud Shell"
        case .workload: "workload identity"
        case .virtualMachine: "virtual machine"
        }
    }
}
