import CCurl
import CCurlShims
import HTTPTypes
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A libcurl easy handle, together with all the memory it points into.
///
/// It is reused for one transfer after the other, and stays on the thread of its multi handle.
@safe
final class EasyHandle {
    /// The transfer under way.
    var transferID: UInt64 = 0

    /// What has arrived.
    private(set) var collector = ResponseCollector(maximumBodySize: 0)

    /// How many times the request was about to be written.
    ///
    /// Libcurl itself writes a request again if a connection it reused turns out to be closed.
    /// That could deliver it twice without anybody knowing, so the second time ends the transfer.
    private(set) var attempts = 0

    /// The libcurl handle.
    let raw: UnsafeMutableRawPointer

    private let errorText: UnsafeMutablePointer<CChar>
    private var body: UnsafeMutableRawBufferPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let ledger: HandleLedger

    /// Creates a handle.
    ///
    /// - Parameter ledger: Counts what lives outside of Swift.
    /// - Returns: `nil` if there is no memory for it.
    init?(ledger: HandleLedger) {
        guard let raw = unsafe curl_easy_init() else {
            return nil
        }
        unsafe self.raw = raw
        unsafe self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe self.errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        unsafe self.body = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        unsafe self.headers = nil
        self.ledger = ledger
        ledger.easyHandles.add(1, ordering: .relaxed)
    }

    deinit {
        unsafe curl_easy_cleanup(self.raw)
        self.freeHeaders()
        unsafe self.errorText.deallocate()
        unsafe self.body.deallocate()
        self.ledger.easyHandles.subtract(1, ordering: .relaxed)
    }

    /// Sets everything for a transfer.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - route: Where to.
    ///   - configuration: How to connect.
    /// - Throws: `invalidRequest` if libcurl does not take it, `tls` for its trust store.
    func prepare(
        _ request: TransportRequest,
        route: Route,
        configuration: TransportConfiguration
    ) throws(TransportError) {
        self.collector = ResponseCollector(maximumBodySize: request.maximumResponseBodySize)
        self.attempts = 0
        unsafe self.errorText.pointee = 0
        do throws(OptionError) {
            try self.setConnection(configuration)
            try self.setProxy(route.proxy)
            try self.setTLS(configuration.tls)
            try self.set(CURLOPT_URL, request.url)
            try self.setMethodAndBody(request)
            try self.setHeaders(request, userAgent: configuration.userAgent)
            // Waiting for a connection to share makes sense only where HTTP/2 is possible.
            try self.set(CURLOPT_PIPEWAIT, route.isSecure ? 1 : 0)
            try self.setCallbacks()
        } catch {
            throw TransportError(
                code: error.isTLS ? .tls : .invalidRequest,
                message: "libcurl refused the \(error.isTLS ? "TLS settings" : "request")."
            )
        }
    }

    /// Forgets the transfer, so that the next finds a handle like new.
    func reset() {
        unsafe curl_easy_reset(self.raw)
        self.freeHeaders()
        self.collector = ResponseCollector(maximumBodySize: 0)
        if unsafe self.body.count > 1 << 20 {
            unsafe self.body.deallocate()
            unsafe self.body = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
    }

    /// What libcurl says about the failure, or its general text for the code.
    ///
    /// Neither holds user names or passwords: those are never part of a URL given to libcurl.
    func message(for code: CURLcode) -> String {
        if unsafe self.errorText.pointee != 0 {
            return unsafe String(cString: self.errorText)
        }
        return unsafe String(cString: curl_easy_strerror(code))
    }

    /// A number libcurl has about the transfer; zero if it has none.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe azm_easy_get_long(self.raw, info, &value) == CURLE_OK ? value : 0
    }

    /// Whether a request with so large a body was written to its last byte.
    func wasSent(bodySize: Int) -> Bool {
        var uploaded: curl_off_t = 0
        unsafe azm_easy_get_offset(self.raw, CURLINFO_SIZE_UPLOAD_T, &uploaded)
        return self.number(CURLINFO_REQUEST_SIZE) > 0 && Int(uploaded) >= bodySize
    }

    // MARK: Options

    private struct OptionError: Error {
        var isTLS = false
    }

    private func check(_ code: CURLcode) throws(OptionError) {
        guard code == CURLE_OK else {
            throw OptionError()
        }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(OptionError) {
        try self.check(unsafe azm_easy_set_long(self.raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(OptionError) {
        // A NUL would cut what libcurl sees.
        guard value?.utf8.contains(0) != true else {
            throw OptionError()
        }
        try self.check(unsafe azm_easy_set_string(self.raw, option, value))
    }

    private func setConnection(_ configuration: TransportConfiguration) throws(OptionError) {
        unsafe azm_easy_set_pointer(self.raw, CURLOPT_ERRORBUFFER, self.errorText)
        unsafe azm_easy_set_pointer(
            self.raw,
            CURLOPT_PRIVATE,
            Unmanaged.passUnretained(self).toOpaque()
        )
        // Without it libcurl would use signals and handlers that belong to the host process.
        try self.set(CURLOPT_NOSIGNAL, 1)
        try self.set(CURLOPT_NOPROGRESS, 1)
        try self.set(CURLOPT_FOLLOWLOCATION, 0)
        try self.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try self.set(CURLOPT_HTTP09_ALLOWED, 0)
        try self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        try self.set(CURLOPT_TCP_KEEPALIVE, 1)
        try self.set(
            CURLOPT_CONNECTTIMEOUT_MS,
            max(1, configuration.connectTimeout.wholeMilliseconds)
        )
        try self.check(unsafe azm_easy_allow_only_http(self.raw))
    }

    private func setProxy(_ proxy: Proxy?) throws(OptionError) {
        // Empty, and not left alone, or libcurl would look into the environment itself.
        try self.set(CURLOPT_NOPROXY, "")
        try self.set(CURLOPT_PROXY, proxy?.address ?? "")
        guard let proxy else {
            return
        }
        try self.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try self.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        if let user = proxy.user {
            try self.set(CURLOPT_PROXYUSERNAME, user)
            try self.set(CURLOPT_PROXYPASSWORD, proxy.password ?? "")
            try self.set(CURLOPT_PROXYAUTH, 1)  // CURLAUTH_BASIC, a macro Swift does not see.
        }
    }

    private func setTLS(_ tls: TLSConfiguration) throws(OptionError) {
        do throws(OptionError) {
            try self.set(CURLOPT_SSL_VERIFYPEER, 1)
            try self.set(CURLOPT_SSL_VERIFYHOST, 2)
            try self.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            if case .paths(let file, let directory) = tls.trustRoots.value {
                // What is absent is set to nothing, which takes libcurl's own default away.
                try self.set(CURLOPT_CAINFO, file)
                try self.set(CURLOPT_CAPATH, directory)
                try self.set(CURLOPT_PROXY_CAINFO, file)
                try self.set(CURLOPT_PROXY_CAPATH, directory)
            }
            if let certificate = tls.clientCertificate {
                try self.set(CURLOPT_SSLCERT, certificate.certificatePath)
                try self.set(CURLOPT_SSLKEY, certificate.keyPath)
            }
        } catch {
            throw OptionError(isTLS: true)
        }
    }

    private func setMethodAndBody(_ request: TransportRequest) throws(OptionError) {
        let expectsBody = [.post, .put, .patch].contains(request.method)
        switch request.method {
        case .head:
            try self.set(CURLOPT_NOBODY, 1)
        case _ where expectsBody || !request.body.isEmpty:
            try self.set(CURLOPT_POST, 1)
            self.copyBody(request.body)
            try self.check(
                unsafe azm_easy_set_offset(
                    self.raw,
                    CURLOPT_POSTFIELDSIZE_LARGE,
                    curl_off_t(request.body.count)
                )
            )
            // The handle does not copy; `body` stays until the transfer is over.
            try self.check(
                unsafe azm_easy_set_pointer(
                    self.raw,
                    CURLOPT_POSTFIELDS,
                    UnsafeRawPointer(self.body.baseAddress)
                )
            )
        default:
            try self.set(CURLOPT_HTTPGET, 1)
        }
        if ![.get, .head, .post].contains(request.method)
            || (request.method == .get && !request.body.isEmpty)
        {
            try self.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func copyBody(_ bytes: [UInt8]) {
        // Never empty: without an address libcurl would read the body from standard input.
        if unsafe self.body.count < max(1, bytes.count) {
            unsafe self.body.deallocate()
            unsafe self.body = .allocate(byteCount: max(4096, bytes.count), alignment: 16)
        }
        unsafe self.body.copyBytes(from: bytes)
    }

    private func setHeaders(
        _ request: TransportRequest,
        userAgent: String
    ) throws(OptionError) {
        // "Expect:" removes what libcurl adds to large bodies, and costs a round trip.
        try self.append("Expect:")
        for field in request.headers {
            switch field.name {
            case .contentLength, .transferEncoding, .expect: continue
            default: break
            }
            // An empty value is written with a semicolon, a colon would remove the field.
            let line = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
            guard !line.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
                throw OptionError()
            }
            try self.append(line)
        }
        if request.headers[.contentType] == nil {
            // Or libcurl would claim that it is a form.
            try self.append("Content-Type:")
        }
        if request.headers[.acceptEncoding] == nil {
            try self.append("Accept-Encoding: gzip")
        }
        if request.headers[.userAgent] == nil, !userAgent.isEmpty {
            try self.set(CURLOPT_USERAGENT, userAgent)
        }
        try self.check(unsafe azm_easy_set_pointer(self.raw, CURLOPT_HTTPHEADER, self.headers))
    }

    private func append(_ line: String) throws(OptionError) {
        guard let longer = unsafe curl_slist_append(self.headers, line) else {
            throw OptionError()
        }
        if unsafe self.headers == nil {
            self.ledger.headerLists.add(1, ordering: .relaxed)
        }
        unsafe self.headers = longer
    }

    private func freeHeaders() {
        if let headers = unsafe self.headers {
            unsafe curl_slist_free_all(headers)
            unsafe self.headers = nil
            self.ledger.headerLists.subtract(1, ordering: .relaxed)
        }
    }

    // MARK: Callbacks

    private func setCallbacks() throws(OptionError) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try self.check(
            unsafe azm_easy_set_header_callback(
                self.raw,
                { data, size, count, context in
                    guard let handle = unsafe EasyHandle.from(context) else {
                        return 0
                    }
                    let line = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                    unsafe handle.collector.readHeader(line)
                    return line.count
                },
                context
            )
        )
        try self.check(
            unsafe azm_easy_set_body_callback(
                self.raw,
                { data, size, count, context in
                    guard let handle = unsafe EasyHandle.from(context) else {
                        return 0
                    }
                    let part = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                    // Another number than was given ends the transfer.
                    return unsafe handle.collector.readBody(part) ? part.count : 0
                },
                context
            )
        )
        try self.check(
            unsafe azm_easy_set_request_callback(
                self.raw,
                { context, _, _, _, _ in
                    guard let handle = unsafe EasyHandle.from(context) else {
                        return 1
                    }
                    handle.attempts += 1
                    return handle.attempts == 1 ? 0 : 1
                },
                context
            )
        )
    }

    /// The handle behind a pointer that libcurl gives back.
    ///
    /// - Parameter context: What was set as the option's data.
    static func from(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
        unsafe context.map { unsafe Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension Duration {
    /// The milliseconds in it, a part of one counting as a whole; at most 24 days.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = self.components
        guard seconds < 2_000_000 else {
            return 2_000_000_000
        }
        guard seconds >= 0 else {
            return 0
        }
        let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return max(0, Int(seconds) * 1000 + Int(part))
    }
}
