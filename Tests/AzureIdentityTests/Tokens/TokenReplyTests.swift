import HTTPTypes
import TelemetryTransport
import Testing

@testable import AzureIdentity

@Suite struct `Replies of token services` {
    struct Reading: Sendable, CustomTestStringConvertible {
        let body: String
        var date: String?
        let expiresOn: Int64
        var refreshOn: Int64?

        var testDescription: String { self.body + (self.date ?? "") }
    }

    @Test(arguments: [
        Reading(body: #""expires_in":3600"#, expiresOn: testNow + 3_600),
        Reading(body: #""expires_in":"3599""#, expiresOn: testNow + 3_599),
        Reading(body: #""expires_on":"1767229200""#, expiresOn: testNow + 3_600),
        Reading(body: #""expires_on":1767229200"#, expiresOn: testNow + 3_600),
        // The length counts where both are there.
        Reading(body: #""expires_on":"1","expires_in":60"#, expiresOn: testNow + 60),
        Reading(
            body: #""expires_in":3600,"refresh_in":1800"#,
            expiresOn: testNow + 3_600,
            refreshOn: testNow + 1_800
        ),
        Reading(
            body: #""expires_in":3600,"refresh_in":"9999""#,
            expiresOn: testNow + 3_600,
            refreshOn: nil
        ),
        // Our clock is an hour behind that of the host: its token is still good for an hour.
        Reading(
            body: #""expires_on":"1767232800""#,
            date: "Thu, 01 Jan 2026 01:00:00 GMT",
            expiresOn: testNow + 3_600
        ),
    ])
    func `A life is a length, or a moment on the clock of who answers`(_ reading: Reading) throws {
        var headers = HTTPFields()
        headers[.date] = reading.date
        let token = try TokenReply.token(
            in: TransportResponse(
                status: 200,
                headers: headers,
                body: Array(#"{"access_token":"abc",\#(reading.body)}"#.utf8)
            ),
            credential: "Test",
            now: testNow
        )
        #expect(token.token == "abc")
        #expect(token.expiresOn == reading.expiresOn)
        #expect(token.refreshOn == reading.refreshOn)
        #expect(token.credential == "Test")
    }

    @Test(arguments: [
        "", "<html>Sign in</html>", #"{"access_token":"abc","expires_in":36"#, "[]", "null",
        #"{"expires_in":3600}"#, #"{"access_token":"","expires_in":3600}"#,
        #"{"access_token":7,"expires_in":3600}"#, #"{"access_token":"abc"}"#,
        #"{"access_token":"abc","expires_in":0}"#, #"{"access_token":"abc","expires_in":-5}"#,
        #"{"access_token":"abc","expires_on":"5"}"#, #"{"access_token":"abc","expires_in":"x"}"#,
        #"{"access_token":"abc","expires_in":1e400}"#,
        #"{"access_token":"a\r\nX-Other: b","expires_in":3600}"#,
    ])
    func `What is no token is an error that may pass`(_ body: String) {
        #expect {
            try TokenReply.token(
                in: TransportResponse(status: 200, body: Array(body.utf8)),
                credential: "Test",
                now: testNow
            )
        } throws: { error in
            (error as? CredentialError)?.code == .failed
        }
    }

    @Test func `A life without end does not overflow`() throws {
        let token = try TokenReply.token(
            in: TransportResponse(
                status: 200,
                body: Array(#"{"access_token":"a","expires_in":9223372036854774784}"#.utf8)
            ),
            credential: "Test",
            now: testNow
        )
        #expect(token.expiresOn == .max)
    }

    struct Refusal: Sendable {
        let status: Int
        let body: String
        let code: CredentialError.Code
        let parts: [String]
    }

    @Test(arguments: [
        Refusal(
            status: 401,
            body:
                #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x"}"#,
            code: .rejected,
            parts: ["401", "invalid_client", "AADSTS7000215", "Use the secret's value"]
        ),
        Refusal(
            status: 400,
            body: #"{"error":"invalid_request","error_description":"Identity not found"}"#,
            code: .rejected,
            parts: ["400", "Identity not found."]
        ),
        Refusal(
            status: 500,
            body: #"{"statusCode":500,"message":"No identity"}"#,
            code: .failed,
            parts: ["500", "No identity"]
        ),
        Refusal(status: 502, body: "<html>", code: .failed, parts: ["Status 502."]),
        Refusal(status: 429, body: "", code: .failed, parts: ["Status 429."]),
        Refusal(status: 302, body: "", code: .failed, parts: ["Status 302."]),
    ])
    func `A refusal is named with what is known about it`(_ refusal: Refusal) {
        let error = TokenReply.error(
            in: TransportResponse(status: refusal.status, body: Array(refusal.body.utf8)),
            credential: "Test",
            now: testNow
        )
        #expect(error.code == refusal.code)
        for part in refusal.parts { #expect(error.message.contains(part)) }
        #expect(!error.message.contains("Trace ID"))
        #expect(!error.message.contains("\n"))
    }
}
