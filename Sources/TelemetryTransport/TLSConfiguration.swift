/// Whom to trust in TLS connections, and the certificate to present.
///
/// Certificates and host names are always verified, and TLS 1.2 is the oldest version spoken.
public struct TLSConfiguration: Hashable, Sendable {
    /// The certificate authorities that are trusted.
    public struct TrustRoots: Hashable, Sendable {
        enum Value: Hashable {
            case system
            case paths(file: String?, directory: String?)
        }

        let value: Value

        /// Those of the operating system.
        public static let system = Self(value: .system)

        /// Those in a file, and no others.
        ///
        /// - Parameter path: A file of certificates in PEM form.
        /// - Returns: Trust in the authorities of that file.
        public static func file(_ path: String) -> Self {
            Self(value: .paths(file: path, directory: nil))
        }

        /// Those in a folder, and no others.
        ///
        /// - Parameter path: A folder of PEM files named by hash, as `openssl rehash` makes it.
        /// - Returns: Trust in the authorities of that folder.
        public static func directory(_ path: String) -> Self {
            Self(value: .paths(file: nil, directory: path))
        }

        /// Those in a file and those in a folder, and no others.
        ///
        /// - Parameters:
        ///   - file: A file of certificates in PEM form.
        ///   - directory: A folder of PEM files named by hash, as `openssl rehash` makes it.
        /// - Returns: Trust in the authorities of both.
        public static func file(_ file: String, directory: String) -> Self {
            Self(value: .paths(file: file, directory: directory))
        }

        /// The file of authorities, if there is one.
        package var file: String? {
            guard case .paths(let file, _) = self.value else { return nil }
            return file
        }

        /// The folder of authorities, if there is one.
        package var directory: String? {
            guard case .paths(_, let directory) = self.value else { return nil }
            return directory
        }
    }

    /// A certificate that identifies us, with its key.
    public struct ClientCertificate: Hashable, Sendable {
        /// The path of the certificate, or of the chain that begins with it, in PEM form.
        public var certificatePath: String

        /// The path of the private key in PEM form, without a pass phrase.
        public var keyPath: String

        /// Creates a client certificate from two files.
        ///
        /// - Parameters:
        ///   - certificatePath: The certificate or chain, in PEM form.
        ///   - keyPath: The private key, in PEM form.
        public init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    /// The certificate authorities that are trusted, by default the system's.
    public var trustRoots: TrustRoots

    /// The certificate to present where the server asks for one, by default none.
    public var clientCertificate: ClientCertificate?

    /// Creates a configuration that trusts the system's authorities.
    public init() {
        self.trustRoots = .system
        self.clientCertificate = nil
    }

    /// Creates a configuration from `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    ///
    /// Either of them, and both together, replace the system's trust store. An empty variable
    /// counts as absent. A path that cannot be read makes every TLS connection fail.
    ///
    /// - Parameter environment: The variables, usually those of the process.
    public init(environment: [String: String]) {
        self.init()
        let file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let directory = environment["SSL_CERT_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        if file != nil || directory != nil {
            self.trustRoots = TrustRoots(value: .paths(file: file, directory: directory))
        }
    }
}
