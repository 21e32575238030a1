private import Synchronization

/// Keeps the tokens of a credential: asked for once, shared by all, renewed before they expire.
///
/// - However many callers need a token that is not there, the credential is asked once.
/// - When four fifths of a token's life have passed, or at its ``AccessToken/refreshOn``, the next
///   caller gets it still, and a new one is fetched meanwhile.
/// - A token that has not expired outlives every failure to renew it. Between tries there are 30
///   seconds, or 5 if there is no token to go on with, or what the other side asked for.
///
/// Every destination has one source; hand the same to several and they share the tokens.
public final class TokenSource: TokenCredential {
    /// How long one fetch may take, with all its tries; a metadata service that is being updated
    /// takes 76 seconds of it.
    private static let timeLimit: Duration = .seconds(90)

    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private let credential: any TokenCredential
    private let context: IdentityContext
    private let state = Mutex(State())

    /// Creates a source, which asks for nothing before the first token is needed.
    ///
    /// - Parameter credential: Whom to ask.
    public convenience init(_ credential: any TokenCredential) {
        self.init(credential, context: IdentityContext(environment: [:]))
    }

    package init(_ credential: any TokenCredential, context: IdentityContext) {
        self.credential = credential
        self.context = context
    }

    /// Returns a token that has not expired, at once if there is one.
    ///
    /// A caller that is cancelled stops waiting; the fetch goes on for the others.
    public func token(for request: TokenRequest) async throws(CredentialError) -> AccessToken {
        while true {
            switch await self.outcome(for: request) {
            case .token(let token): return token
            case .error(let error): throw error
            case .again: continue
            }
        }
    }

    /// Forgets a token that was not accepted, unless it was replaced meanwhile.
    package func refuse(_ token: AccessToken) {
        self.state.withLock { $0.refuse(token) }
    }

    /// Ends the fetches that are under way and returns when they have ended.
    ///
    /// Who waits for one gets an error. A later caller starts anew.
    public func shutdown() async {
        for task in self.state.withLock({ $0.tasks }) {
            task.cancel()
            await task.value
        }
    }

    /// Waits for the fetches that are under way.
    func waitForFetches() async {
        for task in self.state.withLock({ $0.tasks }) {
            await task.value
        }
    }

    // MARK: Fetching

    private static let cancelled = CredentialError(
        code: .failed,
        credential: "TokenSource",
        message: "The wait for a token was cancelled."
    )

    /// Starts a fetch.
    ///
    /// It is no child of the caller, who may leave before the others.
    private func start(_ id: UInt64, _ request: TokenRequest) -> Task<Void, Never> {
        // Unstructured, since it belongs to nobody who waits: it ends by its own time limit, and
        // `shutdown()` cancels it and waits for its end.
        Task {
            let result = await self.fetch(request)
            let now = self.context.now()
            for (waiter, outcome) in self.state.withLock({ $0.finish(id, result, now: now) }) {
                waiter.resume(returning: outcome)
            }
        }
    }

    @concurrent private func fetch(
        _ request: TokenRequest
    ) async -> Result<AccessToken, CredentialError> {
        let sleep = self.context.sleep
        let credential = self.credential
        return await withTaskGroup(of: Result<AccessToken, CredentialError>.self) { group in
            group.addTask {
                do throws(CredentialError) {
                    return .success(try await credential.token(for: request))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await sleep(Self.timeLimit)
                return .failure(
                    CredentialError(
                        code: .failed,
                        credential: "\(type(of: credential))",
                        message: "There was no token within "
                            + "\(Self.timeLimit.components.seconds) s."
                    )
                )
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(Self.cancelled)
        }
    }

    private func outcome(for request: TokenRequest) async -> Outcome {
        let id = self.state.withLock { $0.makeID() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let now = self.context.now()
                // Asked under the lock: whoever cancels takes it too, before or after.
                let outcome = self.state.withLock { state in
                    Task.isCancelled
                        ? .error(Self.cancelled)
                        : state.answer(request, now: now, id: id, waiter, start: self.start)
                }
                if let outcome { waiter.resume(returning: outcome) }
            }
        } onCancel: {
            let waiter = self.state.withLock { $0.leave(id) }
            waiter?.resume(returning: .error(Self.cancelled))
        }
    }
}

extension TokenSource: CustomStringConvertible, CustomReflectable {
    /// The credential's type.
    public var description: String { "TokenSource(\(type(of: self.credential)))" }

    /// No children: they hold tokens.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension TokenSource {
    /// What a token may be shared for.
    private struct Key: Hashable {
        let scope: String
        let cloud: AzureCloud
    }

    /// What a caller gets.
    private enum Outcome {
        case token(AccessToken)
        case error(CredentialError)
        /// The fetch that was waited for is over, and was not of the kind that is needed.
        case again
    }

    /// What there is for one key.
    private struct Entry {
        var token: AccessToken?
        /// When the token should be replaced.
        var renewal: Int64 = .min
        /// Whether a token was not accepted and none came after it.
        var wasRefused = false
        var failure: CredentialError?
        /// The time without tries after a failure.
        var pause: Range<Int64>?
        var flight: UInt64?
    }

    /// A fetch that is under way.
    private struct Flight {
        let key: Key
        let claims: String?
        let isFresh: Bool
        let task: Task<Void, Never>
        var waiters: [UInt64: (waiter: Waiter, isServed: Bool)] = [:]

        /// Whether what it brings is what a request needs.
        func serves(_ request: TokenRequest) -> Bool {
            (request.claims == nil || request.claims == self.claims)
                && (!request.requiresFreshToken || self.isFresh)
        }
    }

    private struct State {
        private static let pauseWithToken: Int64 = 30
        private static let pauseWithoutToken: Int64 = 5

        private var entries: [Key: Entry] = [:]
        private var flights: [UInt64: Flight] = [:]
        private var lastID: UInt64 = 0

        var tasks: [Task<Void, Never>] { self.flights.values.map(\.task) }

        mutating func makeID() -> UInt64 {
            self.lastID += 1
            return self.lastID
        }

        /// What a caller gets now; `nil` if it has to wait and will be resumed.
        mutating func answer(
            _ request: TokenRequest,
            now: Int64,
            id: UInt64,
            _ waiter: Waiter,
            start: (UInt64, TokenRequest) -> Task<Void, Never>
        ) -> Outcome? {
            let key = Key(scope: request.scope, cloud: request.cloud)
            let entry = self.entries[key, default: Entry()]
            var token = entry.token.flatMap { now < $0.expiresOn ? $0 : nil }
            if request.requiresFreshToken || request.claims != nil { token = nil }
            if let token, now < entry.renewal { return .token(token) }

            if let flight = entry.flight, let serves = self.flights[flight]?.serves(request) {
                if let token { return .token(token) }
                self.flights[flight]?.waiters[id] = (waiter, serves)
                return nil
            }
            // The pause has a beginning, too: a clock that was set back does not make it longer.
            if let pause = entry.pause, pause.contains(now) {
                if let token { return .token(token) }
                if let failure = entry.failure { return .error(failure) }
            }
            self.takeOff(for: request, key: key, start: start)
            if let token { return .token(token) }
            self.flights[self.lastID]?.waiters[id] = (waiter, true)
            return nil
        }

        private mutating func takeOff(
            for request: TokenRequest,
            key: Key,
            start: (UInt64, TokenRequest) -> Task<Void, Never>
        ) {
            var request = request
            if self.entries[key]?.wasRefused == true { request.requiresFreshToken = true }
            let flight = self.makeID()
            self.entries[key, default: Entry()].flight = flight
            self.flights[flight] = Flight(
                key: key,
                claims: request.claims,
                isFresh: request.requiresFreshToken,
                task: start(flight, request)
            )
        }

        /// The waiter, unless it has been resumed.
        mutating func leave(_ id: UInt64) -> Waiter? {
            for flight in self.flights.keys {
                if let place = self.flights[flight]?.waiters.removeValue(forKey: id) {
                    return place.waiter
                }
            }
            return nil
        }

        /// Keeps what a fetch brought; whom to resume, and with what.
        mutating func finish(
            _ id: UInt64,
            _ result: Result<AccessToken, CredentialError>,
            now: Int64
        ) -> [(Waiter, Outcome)] {
            guard let flight = self.flights.removeValue(forKey: id) else { return [] }
            let outcome: Outcome
            var entry = self.entries[flight.key, default: Entry()]
            entry.flight = nil
            switch result {
            case .success(let token):
                outcome = .token(token)
                entry.token = token
                entry.renewal = Self.renewal(of: token, since: now)
                entry.wasRefused = false
                entry.failure = nil
                entry.pause = nil
            case .failure(let error):
                outcome = .error(error)
                let hasToken = entry.token.map { now < $0.expiresOn } ?? false
                let pause = hasToken ? Self.pauseWithToken : Self.pauseWithoutToken
                let wish = error.retryAfter?.components.seconds ?? 0
                entry.failure = error
                entry.pause = now..<(now + max(pause, min(wish, 3_600)))
            }
            self.entries[flight.key] = entry
            return flight.waiters.values.map { ($0.waiter, $0.isServed ? outcome : .again) }
        }

        mutating func refuse(_ token: AccessToken) {
            for (key, entry) in self.entries where entry.token?.token == token.token {
                self.entries[key]?.token = nil
                self.entries[key]?.wasRefused = true
            }
        }

        private static func renewal(of token: AccessToken, since now: Int64) -> Int64 {
            if let moment = token.refreshOn, moment > now { return moment }
            let life = max(0, token.expiresOn - now)
            return now + life / 5 * 4
        }
    }
}
