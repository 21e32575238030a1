import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// Certificates, good and bad, made when the suite runs.
struct CertificateFixtures: Sendable {
    /// What a server presents.
    enum Kind: String, Sendable, CaseIterable {
        case good
        case wrongName
        case expired
        case unknownAuthority
    }

    /// The file of the authority that clients trust.
    let trustPath: String
    private let contexts: [Kind: NIOSSLContext]

    init(folder: String) throws {
        let authority = try Authority(name: "chaos authority")
        let stranger = try Authority(name: "chaos stranger")
        self.trustPath = "\(folder)/authority.pem"
        try authority.certificate.serializeAsPEM().pemString
            .write(toFile: self.trustPath, atomically: true, encoding: .utf8)
        var contexts: [Kind: NIOSSLContext] = [:]
        for kind in Kind.allCases {
            let issuer = kind == .unknownAuthority ? stranger : authority
            contexts[kind] = try issuer.serverContext(
                isNamedLikeHost: kind != .wrongName,
                isExpired: kind == .expired
            )
        }
        self.contexts = contexts
    }

    func context(_ kind: Kind) throws -> NIOSSLContext {
        guard let context = self.contexts[kind] else { throw ChaosError("no certificate \(kind)") }
        return context
    }
}

/// Who signs certificates.
private struct Authority {
    let certificate: Certificate
    private let key: Certificate.PrivateKey

    init(name: String) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName(name) }
        self.key = key
        self.certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() - 86_400,
            notValidAfter: Date() + 86_400,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key
        )
    }

    func serverContext(isNamedLikeHost: Bool, isExpired: Bool) throws -> NIOSSLContext {
        let key = P256.Signing.PrivateKey()
        let names: [GeneralName] =
            isNamedLikeHost
            ? [.dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))]
            : [.dnsName("elsewhere.example")]
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date() - 86_400,
            notValidAfter: Date() + (isExpired ? -3_600 : 86_400),
            issuer: self.certificate.subject,
            subject: try DistinguishedName { CommonName("chaos server") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names)
            },
            issuerPrivateKey: self.key
        )
        let chain = Array(try certificate.serializeAsPEM().pemString.utf8)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(try NIOSSLCertificate(bytes: chain, format: .pem))],
                privateKey: .privateKey(
                    try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
                )
            )
        )
    }
}
