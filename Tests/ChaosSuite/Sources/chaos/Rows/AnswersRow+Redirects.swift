import NIOCore

extension AnswersRow {
    /// Redirects of every kind.
    func addRedirects(_ add: Add) {
        for status in [307, 308] {
            add("\(status) to another port") { try await self.otherPort($0, status) }
            add("\(status) to a relative address") { try await self.once($0, status, to: "/other") }
            add("\(status) in a circle") { try await self.circle($0, status) }
            add("\(status) to and fro") { try await self.toAndFro($0, status) }
            add("\(status) to a foreign host") {
                try await self.foreign($0, status, credential: false)
            }
            add("\(status) to a foreign host, with a token") {
                try await self.foreign($0, status, credential: true)
            }
            add("\(status) from https to http") { try await self.downgrade($0, status) }
            add("\(status) from http to https") { try await self.upgrade($0, status) }
            add("\(status) to an IPv6 address of this machine") {
                try await self.localIPv6($0, status)
            }
            add("\(status), prefix of the path") { try await self.prefix($0, status) }
            let useless: [(String, String?)] = [
                ("no address", nil), ("an empty address", ""),
                ("an address without a host", "http://"),
                ("something else", "::not a url::"), ("another scheme", "ftp://127.0.0.1/"),
                ("another IPv6 address", "http://[2001:db8::1]:9/"),
                ("user and password of the own host", "http://127.0.0.1@192.0.2.1:9/"),
            ]
            for (name, location) in useless {
                add("\(status) to \(name)") { try await self.useless($0, status, to: location) }
            }
        }
        add("307, then trouble there") { try await self.fallsBack($0) }
    }

    private func lingering(_ stage: Stage) -> EmitterOptions {
        var options = stage.patientOptions(spans: 20)
        options.linger = 30
        options.nudges = true
        return options
    }

    private func otherPort(_ stage: Stage, _ status: Int) async throws {
        let target = try await stage.server()
        let url = target.url
        let server = try await stage.server { _, _ in .redirect(status, to: "\(url)/elsewhere?x=1")
        }
        var options = stage.patientOptions(spans: 40)
        options.parts = 2
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server, target])
        stage.checks.equal(
            "\(stage.name): paths",
            Set(target.ledger.requests.map(\.path)),
            ["/v2.1/track"]
        )
        // The second part goes there by itself.
        stage.checks.equal("\(stage.name): redirects", server.ledger.requests.count, 1)
        await server.goDown()
        await target.goDown()
    }

    /// Followed at once, to the same server, on the path that was configured.
    private func once(_ stage: Stage, _ status: Int, to location: String) async throws {
        let server = try await stage.server { number, _ in
            number == 0 ? .redirect(status, to: location) : .accepted
        }
        let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
        stage.audit([report], [server])
        stage.checks.equal(
            "\(stage.name): paths",
            server.ledger.requests.map(\.path),
            ["/v2.1/track", "/v2.1/track"]
        )
        await server.goDown()
    }

    private func circle(_ stage: Stage, _ status: Int) async throws {
        let server = try await stage.server { number, _ in
            // As many as one try may take, and no more.
            number < 11 ? .redirect(status, to: "/") : .accepted
        }
        let report = try await stage.emit(self.lingering(stage), to: server.url)
        stage.audit([report], [server])
        let requests = server.ledger.requests
        stage.checks.equal(
            "\(stage.name): redirects",
            requests.filter { $0.status == status }.count,
            11
        )
        if requests.count > 11 {
            // The next is another try, not another hop.
            let gap = Double(requests[11].time - requests[10].time) / 1e9
            stage.checks.within("\(stage.name): seconds to the next try", gap, 0.05...20)
        }
        await server.goDown()
    }

    private func toAndFro(_ stage: Stage, _ status: Int) async throws {
        let other = try await stage.server()
        let otherURL = other.url
        let server = try await stage.server { number, _ in
            number < 6 ? .redirect(status, to: otherURL) : .accepted
        }
        let url = server.url
        try await other.follow { number, _ in number < 5 ? .redirect(status, to: url) : .accepted }
        let report = try await stage.emit(self.lingering(stage), to: server.url)
        stage.audit([report], [server, other])
        let hops = (server.ledger.requests + other.ledger.requests).filter { $0.status == status }
        stage.checks.equal("\(stage.name): redirects", hops.count, 11)
        await server.goDown()
        await other.goDown()
    }

    /// To an address that is neither the configured one nor this machine's own: nothing goes there.
    private func foreign(_ stage: Stage, _ status: Int, credential: Bool) async throws {
        let address = Self.outerAddress
        let target = try await stage.server(address: address ?? "127.0.0.1")
        // Where the machine has no such address, one that nobody has; then only the refusal shows.
        let host = address ?? "192.0.2.1"
        let location = "http://\(host):\(target.port)/v2.1/track"
        let server = try await stage.server { number, _ in
            number == 0 ? .redirect(status, to: location) : .accepted
        }
        var options = self.lingering(stage)
        if credential { options.credentialFailures = 0 }
        let child = try stage.start(
            options,
            to: server.url,
            ["APPLICATIONINSIGHTS_SELFDIAGNOSTICS_LEVEL": "debug"]
        )
        let report = try await stage.report(of: child)
        stage.audit([report], [server, target])
        stage.checks.equal("\(stage.name): requests there", target.ledger.requests.count, 0)
        await server.goDown()
        await target.goDown()
    }

    private func downgrade(_ stage: Stage, _ status: Int) async throws {
        let target = try await stage.server()
        let url = target.url
        let server = try await stage.server(certificate: .good) { number, _ in
            number == 0 ? .redirect(status, to: url) : .accepted
        }
        let report = try await stage.emit(self.lingering(stage), to: server.url)
        stage.audit([report], [server, target])
        stage.checks.equal("\(stage.name): requests there", target.ledger.requests.count, 0)
        await server.goDown()
        await target.goDown()
    }

    private func upgrade(_ stage: Stage, _ status: Int) async throws {
        let target = try await stage.server(certificate: .good)
        let url = target.url
        let server = try await stage.server { _, _ in .redirect(status, to: url) }
        let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
        stage.audit([report], [server, target])
        stage.checks.equal("\(stage.name): requests there", target.ledger.requests.count, 1)
        await server.goDown()
        await target.goDown()
    }

    private func localIPv6(_ stage: Stage, _ status: Int) async throws {
        let target = try await stage.server(address: "::1")
        let url = target.url
        let server = try await stage.server { _, _ in .redirect(status, to: url) }
        let report = try await stage.emit(stage.patientOptions(spans: 20), to: server.url)
        stage.audit([report], [server, target])
        stage.checks.equal("\(stage.name): requests there", target.ledger.requests.count, 1)
        await server.goDown()
        await target.goDown()
    }

    private func prefix(_ stage: Stage, _ status: Int) async throws {
        let target = try await stage.server()
        let url = target.url
        let server = try await stage.server { _, _ in .redirect(status, to: "\(url)/v2/track") }
        let report = try await stage.emit(
            stage.patientOptions(spans: 20),
            to: "\(server.url)/pre/fix/"
        )
        stage.audit([report], [server, target])
        stage.checks.equal(
            "\(stage.name): paths",
            (server.ledger.requests + target.ledger.requests).map(\.path),
            ["/pre/fix/v2.1/track", "/pre/fix/v2.1/track"]
        )
        await server.goDown()
        await target.goDown()
    }

    /// A redirect that leads nowhere is a failure of the server's.
    private func useless(_ stage: Stage, _ status: Int, to location: String?) async throws {
        let server = try await stage.server { number, _ in
            number == 0 ? .redirect(status, to: location) : .accepted
        }
        let report = try await stage.emit(self.lingering(stage), to: server.url)
        stage.audit([report], [server])
        await server.goDown()
    }

    /// A temporary address is given up after three failures, and the configured one asked again.
    private func fallsBack(_ stage: Stage) async throws {
        let target = try await stage.server { number, _ in number == 0 ? .accepted : .refused(503) }
        let url = target.url
        let server = try await stage.server { number, _ in
            number == 0 ? .redirect(307, to: url) : .accepted
        }
        var options = self.lingering(stage)
        options.spans = 60
        options.parts = 3
        let report = try await stage.emit(options, to: server.url)
        stage.audit([report], [server, target])
        let failures = target.ledger.requests.filter { $0.status == 503 }
        stage.checks.equal("\(stage.name): failures there", failures.count, 3)
        await server.goDown()
        await target.goDown()
    }

    /// An address of this machine that is not the loopback interface's.
    private static var outerAddress: String? {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.compactMap { $0.address }.first { address in
            guard case .v4 = address, let text = address.ipAddress else { return false }
            return !text.hasPrefix("127.")
        }?.ipAddress
    }
}
