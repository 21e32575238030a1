private import Synchronization

/// Asks credentials one after the other until one gives a token.
///
/// One that is ``CredentialError/Code/unavailable`` makes room for the next; any other error ends
/// the search, since a credential that is meant and does not work should not be replaced by one
/// that happens to. The first that gave a token is asked alone from then on, until it fails three
/// times in a row.
///
/// In a chain, a ``ManagedIdentityCredential`` of a virtual machine looks for a second whether there
/// is a metadata service, before it asks with all patience.
public struct ChainedTokenCredential: TokenCredential {
    /// One link, and how its errors count.
    struct Link: Sendable {
        let credential: any TokenCredential
        /// Whether each of its errors makes room for the next.
        var yieldsOnError = false
    }

    private static let patience = 3

    private struct Pin {
        var index: Int?
        var failures = 0
    }

    /// Copies of a chain share what they have learned.
    private final class PinBox: Sendable {
        let value = Mutex(Pin())
    }

    private let name: String
    private let links: [Link]
    private let pin = PinBox()

    /// Creates a chain.
    ///
    /// - Parameter credentials: Whom to ask, in this order.
    public init(_ credentials: [any TokenCredential]) {
        let hasAlternative = credentials.count > 1
        self.init(
            name: "ChainedTokenCredential",
            links: credentials.map { credential in
                guard hasAlternative, let identity = credential as? ManagedIdentityCredential else {
                    return Link(credential: credential)
                }
                return Link(credential: identity.probingFirst)
            }
        )
    }

    init(name: String, links: [Link]) {
        self.name = name
        self.links = links
    }

    /// Asks the one that worked before, or else each.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        if let index = self.pin.value.withLock({ $0.index }) {
            do throws(CredentialError) {
                let token = try await self.links[index].credential.token(for: request)
                self.pin.value.withLock { $0.failures = 0 }
                return token
            } catch {
                self.pin.value.withLock { pin in
                    pin.failures += 1
                    if pin.failures >= Self.patience { pin = Pin() }
                }
                throw error
            }
        }
        var reasons: [String] = []
        for (index, link) in self.links.enumerated() {
            do throws(CredentialError) {
                let token = try await link.credential.token(for: request)
                self.pin.value.withLock { $0 = Pin(index: index) }
                return token
            } catch {
                guard link.yieldsOnError || error.code == .unavailable, !Task.isCancelled else {
                    throw error
                }
                reasons.append(error.description)
            }
        }
        throw CredentialError(
            code: .unavailable,
            credential: self.name,
            message: reasons.isEmpty
                ? "There is no credential to ask."
                : "None of \(reasons.count) credentials gave a token. "
                    + reasons.joined(separator: " ")
        )
    }
}
