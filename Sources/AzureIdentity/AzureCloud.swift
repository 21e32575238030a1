/// One of the separate instances of Azure, with Microsoft Entra and Azure Monitor of its own.
public struct AzureCloud: Hashable, Sendable {
    private enum Value: String { case `public`, usGovernment, china }

    private let value: Value

    private init(_ value: Value) {
        self.value = value
    }

    /// The cloud for everybody.
    public static let `public` = Self(.public)

    /// Azure for the government of the United States.
    public static let usGovernment = Self(.usGovernment)

    /// Azure in China, operated by 21Vianet.
    public static let china = Self(.china)

    /// The host that issues the cloud's tokens.
    public var authorityHost: String {
        switch self.value {
        case .public: "login.microsoftonline.com"
        case .usGovernment: "login.microsoftonline.us"
        case .china: "login.chinacloudapi.cn"
        }
    }
}

extension AzureCloud: CustomStringConvertible {
    /// The cloud's name: `public`, `usGovernment` or `china`.
    public var description: String { self.value.rawValue }
}
