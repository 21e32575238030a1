import AzureIdentity
import Testing

@Suite struct CredentialTests {
    private struct Oops: Error {}

    @Test func aTokenIsNeverPrinted() {
        let token = AccessToken(token: "s3cret", expiresOn: 100, refreshOn: 50)
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), "\([token])", "\(token as Any?)"] {
            #expect(text.contains("100"))
            #expect(!text.contains("s3cret"))
        }
        #expect(!dumped.contains("s3cret"))
    }

    @Test func aClosureGivesTokens() async throws {
        let credential = ClosureCredential { request in
            AccessToken(token: request.scope, expiresOn: 1)
        }
        #expect(try await credential.token(for: TokenRequest(scope: "x")).token == "x")
    }

    @Test func anErrorOfAClosureBecomesTheCause() async {
        let foreign = ClosureCredential(name: "Mine") { _ in throw Oops() }
        let own = ClosureCredential { _ in
            throw CredentialError(code: .rejected, credential: "C", message: "m")
        }
        let wrapped = await #expect(throws: CredentialError.self) {
            try await foreign.token(for: TokenRequest(scope: "x"))
        }
        #expect(wrapped?.code == .failed)
        #expect(wrapped?.credential == "Mine")
        #expect(wrapped?.cause is Oops)
        let kept = await #expect(throws: CredentialError.self) {
            try await own.token(for: TokenRequest(scope: "x"))
        }
        #expect(kept?.code == .rejected)
        #expect(kept?.cause == nil)
    }
}
