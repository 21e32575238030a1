import CCurl
import CCurlShims
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The multi handle and the transfers in it.
///
/// All of it stays on the executor's thread. Each transfer that was started ends exactly once:
/// by libcurl, at its deadline, cancelled, or with the driver.
@safe
final class CurlDriver {
    /// The clock of deadlines, the one libcurl has, too.
    typealias Instant = SuspendingClock.Instant

    /// Receives how a transfer ended, on the thread.
    typealias Completion = (Result<TransportResponse, TransportError>) -> Void

    private struct Transfer {
        let easy: EasyHandle
        let deadline: Instant
        let timeout: Duration
        let bodySize: Int
        let usesProxy: Bool
        let completion: Completion
    }

    private enum Ending {
        case byLibcurl(CURLcode)
        case deadline
        case cancelled
        case shutDown
    }

    private let configuration: TransportConfiguration
    private let ledger: HandleLedger
    private var multi: UnsafeMutableRawPointer?
    private var transfers: [UInt64: Transfer] = [:]
    private var idle: [EasyHandle] = []
    private var routes: [String: Route] = [:]
    /// No transfer has an earlier deadline; there may be none that early.
    private var nextDeadline: Instant?

    /// Creates a driver without a multi handle.
    ///
    /// - Parameters:
    ///   - configuration: How to connect.
    ///   - ledger: Counts what lives outside of Swift.
    init(configuration: TransportConfiguration, ledger: HandleLedger) {
        self.configuration = configuration
        self.ledger = ledger
        unsafe self.multi = nil
    }

    /// Makes the driver ready for transfers.
    ///
    /// - Parameter multi: The multi handle, from now on the driver's.
    func open(_ multi: UnsafeMutableRawPointer) {
        unsafe self.multi = multi
        unsafe azm_multi_set_long(
            multi,
            CURLMOPT_MAX_HOST_CONNECTIONS,
            max(1, self.configuration.maximumConnectionsPerHost)
        )
        // By default libcurl keeps four for each transfer under way, so none without any.
        unsafe azm_multi_set_long(
            multi,
            CURLMOPT_MAXCONNECTS,
            max(16, 2 * self.configuration.maximumConnectionsPerHost)
        )
        unsafe azm_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    /// Starts a transfer.
    ///
    /// - Parameters:
    ///   - id: A number no other transfer has.
    ///   - request: What to send.
    ///   - deadline: When it ends at the latest.
    ///   - timeout: The time from its beginning to the deadline, for the message.
    ///   - completion: Called once, possibly before this returns.
    func start(
        _ id: UInt64,
        _ request: TransportRequest,
        deadline: Instant,
        timeout: Duration,
        completion: @escaping Completion
    ) {
        do throws(TransportError) {
            guard let multi = unsafe self.multi else {
                throw TransportError(code: .shutDown, message: "The transport was shut down.")
            }
            let route = try self.route(to: request.url)
            guard let easy = self.idle.popLast() ?? EasyHandle(ledger: self.ledger) else {
                throw TransportError(code: .other, message: "libcurl has no memory.")
            }
            do throws(TransportError) {
                try easy.prepare(request, route: route, configuration: self.configuration)
                guard unsafe curl_multi_add_handle(multi, easy.raw) == CURLM_OK else {
                    throw TransportError(code: .other, message: "libcurl refused a transfer.")
                }
            } catch {
                self.recycle(easy)
                throw error
            }
            easy.transferID = id
            self.transfers[id] = Transfer(
                easy: easy,
                deadline: deadline,
                timeout: timeout,
                bodySize: request.body.count,
                usesProxy: route.proxy != nil,
                completion: completion
            )
            self.ledger.transfers.add(1, ordering: .relaxed)
            self.nextDeadline = min(self.nextDeadline ?? deadline, deadline)
        } catch {
            completion(.failure(error))
        }
    }

    /// Ends a transfer, if it is still under way.
    ///
    /// - Parameter id: The number of the transfer.
    func cancel(_ id: UInt64) {
        self.finish(id, .cancelled)
    }

    /// Lets libcurl read and write what it can, and ends what is over.
    func drive() {
        guard let multi = unsafe self.multi, !self.transfers.isEmpty else {
            return
        }
        var running: Int32 = 0
        let result = unsafe curl_multi_perform(multi, &running)
        guard result == CURLM_OK else {
            for id in Array(self.transfers.keys) {
                self.finish(id, .byLibcurl(CURLE_FAILED_INIT))
            }
            return
        }
        var raw: UnsafeMutableRawPointer?
        var code = CURLE_OK
        while unsafe azm_multi_next_finished(multi, &raw, &code) {
            var context: UnsafeMutableRawPointer?
            if let raw = unsafe raw {
                unsafe azm_easy_get_pointer(raw, CURLINFO_PRIVATE, &context)
            }
            if let easy = unsafe EasyHandle.from(context) {
                self.finish(easy.transferID, .byLibcurl(code))
            }
        }
        self.expire()
    }

    /// Waits until something happens on a connection, a deadline passes or somebody wakes us.
    func wait() {
        guard let multi = unsafe self.multi else {
            return
        }
        // Nothing to wait for but the wake: idle connections are looked at when they are reused.
        var timeout = Int(Int32.max)
        if let nextDeadline = self.nextDeadline {
            timeout = SuspendingClock.now.duration(to: nextDeadline).wholeMilliseconds
        }
        unsafe curl_multi_poll(multi, nil, 0, Int32(clamping: timeout), nil)
    }

    /// Ends all transfers and gives everything back to libcurl.
    func close() {
        for id in Array(self.transfers.keys) {
            self.finish(id, .shutDown)
        }
        self.idle = []
        self.routes = [:]
        if let multi = unsafe self.multi {
            unsafe curl_multi_cleanup(multi)
            unsafe self.multi = nil
            self.ledger.multiHandles.subtract(1, ordering: .relaxed)
        }
    }

    private func route(to url: String) throws(TransportError) -> Route {
        if let known = self.routes[url] {
            return known
        }
        let route = try Route(url, proxies: self.configuration.proxy)
        // An exporter has one or two URLs; what has more shall not fill the memory.
        if self.routes.count >= 32 {
            self.routes = [:]
        }
        self.routes[url] = route
        return route
    }

    private func expire() {
        guard let nextDeadline = self.nextDeadline else {
            return
        }
        if self.transfers.isEmpty {
            self.nextDeadline = nil
            return
        }
        let now = SuspendingClock.now
        guard nextDeadline <= now else {
            return
        }
        for (id, transfer) in self.transfers where transfer.deadline <= now {
            self.finish(id, .deadline)
        }
        self.nextDeadline = self.transfers.values.lazy.map(\.deadline).min()
    }

    private func finish(_ id: UInt64, _ ending: Ending) {
        guard let transfer = self.transfers.removeValue(forKey: id), let multi = unsafe self.multi
        else {
            return
        }
        let error = self.error(for: transfer, ending)
        // Closes the connection if the transfer is not over.
        unsafe curl_multi_remove_handle(multi, transfer.easy.raw)
        let collector = transfer.easy.collector
        self.recycle(transfer.easy)
        self.ledger.transfers.subtract(1, ordering: .relaxed)
        if let status = collector.status {
            transfer.completion(
                .success(
                    TransportResponse(
                        status: status,
                        headers: collector.headers,
                        body: collector.body,
                        isBodyTruncated: collector.isBodyTruncated,
                        bodyError: collector.isBodyTruncated ? nil : error
                    )
                )
            )
        } else {
            let unexplained = TransportError(
                code: .invalidResponse,
                message: "The response has no status.",
                requestWasSent: true
            )
            transfer.completion(.failure(error ?? unexplained))
        }
    }

    private func recycle(_ easy: EasyHandle) {
        easy.reset()
        if self.idle.count < 16 {
            self.idle.append(easy)
        }
    }

    private func error(for transfer: Transfer, _ ending: Ending) -> TransportError? {
        let easy = transfer.easy
        let wasSent = easy.wasSent(bodySize: transfer.bodySize)
        switch ending {
        case .byLibcurl(CURLE_OK):
            return nil
        case .byLibcurl(let code) where easy.attempts > 1:
            // Our own refusal to send it again: see `EasyHandle.attempts`.
            _ = code
            return TransportError(
                code: .reset,
                message: "The connection was closed before the response came.",
                requestWasSent: true
            )
        case .byLibcurl(let code):
            let number = easy.number(CURLINFO_HTTP_CONNECTCODE)
            if transfer.usesProxy, number != 0, !(200..<300).contains(number) {
                return TransportError(
                    code: .proxy,
                    message: "The proxy answered \(number) to CONNECT."
                )
            }
            return TransportError(
                code: TransportError.Code(
                    code,
                    osError: easy.number(CURLINFO_OS_ERRNO),
                    usesProxy: transfer.usesProxy
                ),
                message: easy.message(for: code),
                requestWasSent: wasSent
            )
        case .deadline:
            return TransportError(
                code: .timeout,
                message:
                    "There was no complete response within \(transfer.timeout.inTenthsOfSeconds) s.",
                requestWasSent: wasSent
            )
        case .cancelled:
            return TransportError(
                code: .cancelled,
                message: "The request was cancelled.",
                requestWasSent: wasSent
            )
        case .shutDown:
            return TransportError(
                code: .shutDown,
                message: "The transport was shut down.",
                requestWasSent: wasSent
            )
        }
    }
}

extension TransportError.Code {
    /// Sorts libcurl's codes into ours.
    ///
    /// - Parameters:
    ///   - code: The code libcurl ended the transfer with.
    ///   - osError: The `errno` of the last failed attempt to connect.
    ///   - usesProxy: Whether the connection was to a proxy.
    init(_ code: CURLcode, osError: Int, usesProxy: Bool) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            self = .nameResolution
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY:
            self = .proxy
        case CURLE_COULDNT_CONNECT:
            if usesProxy {
                self = .proxy
            } else {
                self = osError == Int(ECONNREFUSED) ? .connectionRefused : .connectionFailed
            }
        case CURLE_OPERATION_TIMEDOUT:
            self = .timeout
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
            CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_ABORTED_BY_CALLBACK:
            self = .reset
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS:
            self = .tls
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            self = .invalidResponse
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED, CURLE_BAD_FUNCTION_ARGUMENT:
            self = .invalidRequest
        default:
            self = .other
        }
    }
}

extension Duration {
    /// The duration in seconds with one decimal, for people.
    fileprivate var inTenthsOfSeconds: Double {
        let (seconds, attoseconds) = self.components
        return (Double(seconds) * 10 + Double(attoseconds) / 1e17).rounded() / 10
    }
}
