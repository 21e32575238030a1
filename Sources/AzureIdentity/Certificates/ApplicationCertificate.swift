#if ClientCertificate
    import Crypto
    import JWTKit
    import NIOSSL

    #if canImport(FoundationEssentials)
        private import FoundationEssentials
    #else
        private import Foundation
    #endif

    /// The certificate of an application with its key, and what it signs.
    struct ApplicationCertificate {
        /// Why a file is of no use.
        struct Problem: Error {
            /// What is wrong, as the end of a sentence, without anything of the file.
            let explanation: String
        }

        private static let maximumSize = 1 << 20

        /// The certificates in DER form; that of the key comes first.
        private let chain: [[UInt8]]
        private let key: JWTKit.Insecure.RSA.PrivateKey
        private let notValidAfter: Int64

        /// Reads PEM or PKCS#12.
        init(path: String, password: String?) throws(Problem) {
            let bytes: [UInt8]
            switch SmallFile.bytes(at: path, maximumSize: Self.maximumSize) {
            case .success(let content): bytes = content
            case .failure(let problem): throw Problem(explanation: problem.explanation)
            }
            let isText = bytes.contains(Array("-----BEGIN ".utf8))
            do {
                let (certificates, key) =
                    try isText
                    ? Self.readText(bytes, password: password)
                    : Self.readBundle(bytes, password: password)
                self = try Self(certificates: certificates, key: key)
            } catch let problem as Problem {
                throw problem
            } catch {
                throw Problem(
                    explanation: isText
                        ? "it holds no certificate with a key, or the password is wrong"
                        : "it is neither PEM nor PKCS#12, or the password is wrong"
                )
            }
        }

        private init(certificates: [NIOSSLCertificate], key: NIOSSLPrivateKey) throws {
            do {
                self.key = try JWTKit.Insecure.RSA.PrivateKey(pem: Self.text(of: key.derBytes))
            } catch {
                throw Problem(explanation: "its key is not one of RSA with 2,048 bits or more")
            }
            let publicKey = Array(self.key.publicKey.derRepresentation)
            guard
                let own = try certificates.firstIndex(where: {
                    try $0.extractPublicKey().toSPKIBytes() == publicKey
                })
            else { throw Problem(explanation: "none of its certificates is that of its key") }
            var ordered = certificates
            ordered.insert(ordered.remove(at: own), at: 0)
            self.chain = try ordered.map { try $0.toDERBytes() }
            self.notValidAfter = Int64(certificates[own].notValidAfter)
        }

        /// Whether the certificate has had its time.
        func isExpired(at now: Int64) -> Bool {
            now > self.notValidAfter
        }

        /// A signed statement that the bearer is the application.
        ///
        /// | Part      | Field      | Value                                              |
        /// | --------- | ---------- | -------------------------------------------------- |
        /// | header    | `alg`      | `PS256`                                            |
        /// | header    | `x5t#S256` | SHA-256 of the certificate                         |
        /// | header    | `x5c`      | the certificates, if they are sent                 |
        /// | payload   | `aud`      | where the token is asked for                       |
        /// | payload   | `iss`, `sub` | the application                                  |
        /// | payload   | `jti`      | a new UUID                                         |
        /// | payload   | `iat`, `nbf`, `exp` | now, now, in ten minutes; whole seconds   |
        ///
        /// - SeeAlso: [Format](https://learn.microsoft.com/entra/identity-platform/certificate-credentials)
        func assertion(
            clientID: String,
            audience: String,
            includesChain: Bool,
            now: Int64
        ) async throws -> String {
            var header = JWTHeader()
            header.x5tS256 = Base64.encodeForURL(SHA256.hash(data: self.chain[0]))
            let keys = JWTKeyCollection()
            await keys.add(
                pss: self.key,
                digestAlgorithm: .sha256,
                serializer: DefaultJWTSerializer(
                    jsonEncoder: AssertionEncoder(chain: includesChain ? self.chain : [])
                )
            )
            return try await keys.sign(
                Statement(
                    aud: audience,
                    iss: clientID,
                    sub: clientID,
                    jti: UUID().uuidString.lowercased(),
                    iat: now,
                    nbf: now,
                    exp: now + Self.life
                ),
                header: header
            )
        }

        private static let life: Int64 = 600

        /// Adds the certificates to the header when it is written.
        ///
        /// The library itself sends only chains that it can verify, and whom to trust is the
        /// authority's business.
        private struct AssertionEncoder: JWTJSONEncoder {
            let chain: [[UInt8]]

            func encode<T: Encodable>(_ value: T) throws -> Data {
                guard !self.chain.isEmpty, var header = value as? JWTHeader else {
                    return try JSONEncoder().encode(value)
                }
                header.x5c = self.chain.map { Base64.encode($0) }
                return try JSONEncoder().encode(header)
            }
        }

        private struct Statement: JWTPayload {
            var aud: String
            var iss: String
            var sub: String
            var jti: String
            var iat: Int64
            var nbf: Int64
            var exp: Int64

            func verify(using algorithm: some JWTAlgorithm) {}
        }

        // MARK: Reading

        private static func readText(
            _ bytes: [UInt8],
            password: String?
        ) throws -> ([NIOSSLCertificate], NIOSSLPrivateKey) {
            let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
            guard let password else {
                return (certificates, try NIOSSLPrivateKey(bytes: bytes, format: .pem))
            }
            let key = try NIOSSLPrivateKey(bytes: bytes, format: .pem) { setter in
                setter(password.utf8)
            }
            return (certificates, key)
        }

        private static func readBundle(
            _ bytes: [UInt8],
            password: String?
        ) throws -> ([NIOSSLCertificate], NIOSSLPrivateKey) {
            let bundle = try NIOSSLPKCS12Bundle(buffer: bytes, passphrase: (password ?? "").utf8)
            return (bundle.certificateChain, bundle.privateKey)
        }

        /// A key in PEM form, as the library that signs wants it.
        private static func text(of key: [UInt8]) -> String {
            var lines = "-----BEGIN RSA PRIVATE KEY-----\n"
            var rest = Base64.encode(key)[...]
            while !rest.isEmpty {
                lines += rest.prefix(64) + "\n"
                rest = rest.dropFirst(64)
            }
            return lines + "-----END RSA PRIVATE KEY-----\n"
        }
    }
#endif
