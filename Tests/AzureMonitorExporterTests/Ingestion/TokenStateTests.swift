import AzureIdentity
import Testing

@testable import AzureMonitorExporter

@Suite struct TokenStateTests {
    @Test func aTokenIsReplacedFiveMinutesBeforeItExpires() {
        var state = TokenState()
        #expect(state.token(at: 0) == nil)
        let token = AccessToken(token: "a", expiresOn: 3_600)
        state.received(token, at: 0)
        #expect(state.token(at: 3_299) == token)
        #expect(state.token(at: 3_300) == nil)
        #expect(state.lastResort(at: 3_599) == token)
        #expect(state.lastResort(at: 3_600) == nil)
    }

    @Test func aTokenIsReplacedWhenItsIssuerSaysSo() {
        var state = TokenState()
        let token = AccessToken(token: "a", expiresOn: 3_600, refreshOn: 1_800)
        state.received(token, at: 0)
        #expect(state.token(at: 1_799) == token)
        #expect(state.token(at: 1_800) == nil)
    }

    @Test func afterAFailureTheTokenIsUsedOnForAWhile() {
        var state = TokenState()
        let token = AccessToken(token: "a", expiresOn: 3_600, refreshOn: 1_800)
        state.received(token, at: 0)
        state.failed(at: 1_800)
        #expect(state.token(at: 1_829) == token)
        #expect(state.token(at: 1_830) == nil)
    }

    @Test func aShortLivedTokenIsNotAskedForWithEveryRequest() {
        var state = TokenState()
        let token = AccessToken(token: "a", expiresOn: 200)
        state.received(token, at: 0)
        #expect(state.token(at: 29) == token)
        #expect(state.token(at: 30) == nil)
    }

    @Test func onlyTheTokenThatWasRefusedIsForgotten() {
        var state = TokenState()
        let old = AccessToken(token: "old", expiresOn: 3_600)
        let new = AccessToken(token: "new", expiresOn: 3_600)
        state.received(new, at: 0)
        state.refused(old)
        #expect(state.token(at: 1) == new)
        state.refused(new)
        #expect(state.token(at: 1) == nil)
        #expect(state.lastResort(at: 1) == nil)
    }
}
