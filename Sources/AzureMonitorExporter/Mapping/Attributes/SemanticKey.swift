/// An attribute key that the mapping knows.
///
/// The names are those of OpenTelemetry's semantic conventions, stable and older, of the Azure
/// SDKs, and of Application Insights itself.
///
/// - SeeAlso: [Attribute registry 1.38](https://github.com/open-telemetry/semantic-conventions/tree/v1.38.0/docs/registry/attributes)
enum SemanticKey: UInt8, CaseIterable, Sendable {
    // Users, sessions, places
    case enduserID
    case enduserPseudoID
    case clientAddress
    case httpClientIP
    case netPeerIP
    case userAgentSyntheticType
    case userAgentOriginal
    case httpUserAgent
    // What the service's own names override
    case microsoftOperationName
    case microsoftClientIP
    case microsoftSessionID
    case microsoftCustomMeasurements
    case msSampleRate
    case microsoftRequestName
    case microsoftRequestURL
    case microsoftRequestSource
    case microsoftRequestResultCode
    case microsoftDependencyName
    case microsoftDependencyType
    case microsoftDependencyTarget
    case microsoftDependencyData
    case microsoftDependencyResultCode
    // Peers
    case serverAddress
    case serverPort
    case netPeerName
    case netPeerPort
    case peerAddress
    case peerService
    // Azure SDK, messaging
    case azNamespace
    case messagingSystem
    case messagingDestinationName
    case messagingDestination
    case messageBusDestination
    // HTTP
    case httpRequestMethod
    case httpMethod
    case urlFull
    case httpURL
    case urlScheme
    case httpScheme
    case urlPath
    case urlQuery
    case httpTarget
    case httpHost
    case httpServerName
    case netHostName
    case netHostPort
    case httpRoute
    case urlTemplate
    case httpResponseStatusCode
    case httpStatusCode
    // RPC
    case rpcSystemName
    case rpcSystem
    case rpcResponseStatusCode
    case rpcGrpcStatusCode
    // Databases
    case dbSystemName
    case dbSystem
    case dbQueryText
    case dbStatement
    case dbQuerySummary
    case dbOperationName
    case dbOperation
    case dbNamespace
    case dbName
    // Generative AI
    case genAiProviderName
    case genAiSystem
    // Exceptions, events, availability
    case exceptionType
    case exceptionMessage
    case exceptionStacktrace
    case microsoftCustomEventName
    case microsoftAvailabilityID
    case microsoftAvailabilityName
    case microsoftAvailabilityDuration
    case microsoftAvailabilitySuccess
    case microsoftAvailabilityRunLocation
    case microsoftAvailabilityMessage
    case aiOperationName
    // What the mapping adds
    case otelStatusDescription
    case otelEventName
    case otelBody
    case severityText
    case loggerName
    case msLinks
    case msSentToAMW
    case microsoftApplicationID

    /// The key as attributes bear it.
    var name: String {
        switch self {
        case .enduserID: "enduser.id"
        case .enduserPseudoID: "enduser.pseudo.id"
        case .clientAddress: "client.address"
        case .httpClientIP: "http.client_ip"
        case .netPeerIP: "net.peer.ip"
        case .userAgentSyntheticType: "user_agent.synthetic.type"
        case .userAgentOriginal: "user_agent.original"
        case .httpUserAgent: "http.user_agent"
        case .microsoftOperationName: "microsoft.operation_name"
        case .microsoftClientIP: "microsoft.client.ip"
        case .microsoftSessionID: "microsoft.session.id"
        case .microsoftCustomMeasurements: "microsoft.custom_measurements"
        case .msSampleRate: "_MS.sampleRate"
        case .microsoftRequestName: "microsoft.request.name"
        case .microsoftRequestURL: "microsoft.request.url"
        case .microsoftRequestSource: "microsoft.request.source"
        case .microsoftRequestResultCode: "microsoft.request.resultCode"
        case .microsoftDependencyName: "microsoft.dependency.name"
        case .microsoftDependencyType: "microsoft.dependency.type"
        case .microsoftDependencyTarget: "microsoft.dependency.target"
        case .microsoftDependencyData: "microsoft.dependency.data"
        case .microsoftDependencyResultCode: "microsoft.dependency.resultCode"
        case .serverAddress: "server.address"
        case .serverPort: "server.port"
        case .netPeerName: "net.peer.name"
        case .netPeerPort: "net.peer.port"
        case .peerAddress: "peer.address"
        case .peerService: "peer.service"
        case .azNamespace: "az.namespace"
        case .messagingSystem: "messaging.system"
        case .messagingDestinationName: "messaging.destination.name"
        case .messagingDestination: "messaging.destination"
        case .messageBusDestination: "message_bus.destination"
        case .httpRequestMethod: "http.request.method"
        case .httpMethod: "http.method"
        case .urlFull: "url.full"
        case .httpURL: "http.url"
        case .urlScheme: "url.scheme"
        case .httpScheme: "http.scheme"
        case .urlPath: "url.path"
        case .urlQuery: "url.query"
        case .httpTarget: "http.target"
        case .httpHost: "http.host"
        case .httpServerName: "http.server_name"
        case .netHostName: "net.host.name"
        case .netHostPort: "net.host.port"
        case .httpRoute: "http.route"
        case .urlTemplate: "url.template"
        case .httpResponseStatusCode: "http.response.status_code"
        case .httpStatusCode: "http.status_code"
        case .rpcSystemName: "rpc.system.name"
        case .rpcSystem: "rpc.system"
        case .rpcResponseStatusCode: "rpc.response.status_code"
        case .rpcGrpcStatusCode: "rpc.grpc.status_code"
        case .dbSystemName: "db.system.name"
        case .dbSystem: "db.system"
        case .dbQueryText: "db.query.text"
        case .dbStatement: "db.statement"
        case .dbQuerySummary: "db.query.summary"
        case .dbOperationName: "db.operation.name"
        case .dbOperation: "db.operation"
        case .dbNamespace: "db.namespace"
        case .dbName: "db.name"
        case .genAiProviderName: "gen_ai.provider.name"
        case .genAiSystem: "gen_ai.system"
        case .exceptionType: "exception.type"
        case .exceptionMessage: "exception.message"
        case .exceptionStacktrace: "exception.stacktrace"
        case .microsoftCustomEventName: "microsoft.custom_event.name"
        case .microsoftAvailabilityID: "microsoft.availability.id"
        case .microsoftAvailabilityName: "microsoft.availability.name"
        case .microsoftAvailabilityDuration: "microsoft.availability.duration"
        case .microsoftAvailabilitySuccess: "microsoft.availability.success"
        case .microsoftAvailabilityRunLocation: "microsoft.availability.runLocation"
        case .microsoftAvailabilityMessage: "microsoft.availability.message"
        case .aiOperationName: "ai.operation.name"
        case .otelStatusDescription: "otel.status_description"
        case .otelEventName: "otel.event_name"
        case .otelBody: "otel.body"
        case .severityText: "severity_text"
        case .loggerName: "logger_name"
        case .msLinks: "_MS.links"
        case .msSentToAMW: "_MS.SentToAMW"
        case .microsoftApplicationID: "microsoft.applicationId"
        }
    }

    /// The bit that stands for the key in a set of keys.
    @inline(__always)
    var bit: UInt128 { 1 << UInt128(self.rawValue) }
}
