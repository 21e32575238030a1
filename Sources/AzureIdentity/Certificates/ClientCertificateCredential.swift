#if ClientCertificate
    public import TelemetryTransport

    /// Gets tokens for an application that has registered a certificate.
    ///
    /// The file holds the certificate and its private key, in PEM form or as PKCS#12; only RSA keys
    /// of 2,048 bits or more are possible. It is read for each token, so a new one takes effect
    /// without a restart.
    ///
    /// This type exists where the package trait `ClientCertificate` is enabled:
    ///
    /// ```swift
    /// .package(url: "…/swift-azure-monitor", branch: "main", traits: ["ClientCertificate"])
    /// ```
    public struct ClientCertificateCredential: TokenCredential {
        private static let name = "ClientCertificateCredential"

        private let tenantID: String
        private let clientID: String
        private let certificatePath: String
        private let password: String?
        private let sendsChain: Bool
        private let authorityHost: String?
        private let context: IdentityContext

        /// Creates a credential; nothing is read or sent before a token is needed.
        ///
        /// - Parameters:
        ///   - tenantID: The id or the domain of the application's tenant.
        ///   - clientID: The id of the application.
        ///   - certificatePath: The file with certificate and key.
        ///   - password: What the key is encrypted with; `nil` if it is not.
        ///   - sendsChain: Whether the certificates are sent along, which applications need that
        ///     trust a subject and an issuer instead of one certificate.
        ///   - authorityHost: Who issues the tokens, always over https; `nil` for
        ///     `AZURE_AUTHORITY_HOST`, or else the authority of the cloud that the token is for.
        ///   - environment: The environment variables; `nil` for those of the process.
        ///   - transport: What sends; `nil` for libcurl with the environment's proxy and trust
        ///     store.
        public init(
            tenantID: String,
            clientID: String,
            certificatePath: String,
            password: String? = nil,
            sendsChain: Bool = false,
            authorityHost: String? = nil,
            environment: [String: String]? = nil,
            transport: (any HTTPTransport)? = nil
        ) {
            self.init(
                tenantID: tenantID,
                clientID: clientID,
                certificatePath: certificatePath,
                password: password,
                sendsChain: sendsChain,
                authorityHost: authorityHost,
                context: IdentityContext(environment: environment, transport: transport)
            )
        }

        package init(
            tenantID: String,
            clientID: String,
            certificatePath: String,
            password: String? = nil,
            sendsChain: Bool = false,
            authorityHost: String? = nil,
            context: IdentityContext
        ) {
            self.tenantID = tenantID
            self.clientID = clientID
            self.certificatePath = certificatePath
            self.password = password
            self.sendsChain = sendsChain
            self.authorityHost = authorityHost
            self.context = context
        }

        /// Signs an assertion with the key and shows it to the authority.
        public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
            let authority = AuthorityRequest(
                credential: Self.name,
                tenantID: self.tenantID,
                clientID: self.clientID,
                authorityHost: self.authorityHost,
                context: self.context
            )
            let endpoint = try authority.endpoint(for: request)
            let certificate: ApplicationCertificate
            do throws(ApplicationCertificate.Problem) {
                certificate = try ApplicationCertificate(
                    path: self.certificatePath,
                    password: self.password
                )
            } catch {
                throw CredentialError(
                    code: .invalidConfiguration,
                    credential: Self.name,
                    message: "The certificate \(self.certificatePath) cannot be used: "
                        + "\(error.explanation)."
                )
            }
            let now = self.context.now()
            if certificate.isExpired(at: now) {
                throw CredentialError(
                    code: .rejected,
                    credential: Self.name,
                    message: "The certificate \(self.certificatePath) has expired."
                )
            }
            let assertion: String
            do {
                assertion = try await certificate.assertion(
                    clientID: self.clientID,
                    audience: endpoint,
                    includesChain: self.sendsChain,
                    now: now
                )
            } catch {
                throw CredentialError(
                    code: .failed,
                    credential: Self.name,
                    message: "The assertion could not be signed.",
                    cause: error
                )
            }
            return try await authority.token(
                for: request,
                proof: ClientAssertion.fields(assertion)
            )
        }
    }

    extension ClientCertificateCredential: CustomStringConvertible, CustomReflectable {
        /// Tenant, application and file.
        public var description: String {
            "\(Self.name)(tenantID: \(self.tenantID), clientID: \(self.clientID), "
                + "certificatePath: \(self.certificatePath))"
        }

        /// Tenant, application and file.
        public var customMirror: Mirror {
            Mirror(
                self,
                children: [
                    "tenantID": self.tenantID, "clientID": self.clientID,
                    "certificatePath": self.certificatePath,
                ]
            )
        }
    }
#endif
