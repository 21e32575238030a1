import TelemetryTesting
import TelemetryTransport
import Testing

@Suite("ScriptedTransport", .timeLimit(.minutes(10)))
struct ScriptedTransportTests {
    let request = TransportRequest(url: "https://example.com", body: [1])

    @Test("replies come in the order of the script, then the one for otherwise")
    func script() async throws {
        let transport = ScriptedTransport(
            [.status(206, body: "x"), .failure(.timeout, requestWasSent: true)],
            otherwise: .answer { request throws(TransportError) in
                TransportResponse(status: 200, body: request.body)
            }
        )
        #expect(try await transport.send(self.request).status == 206)
        await #expect(throws: TransportError.self) { try await transport.send(self.request) }
        #expect(try await transport.send(self.request).body == [1])
        await transport.enqueue(.status(500))
        #expect(try await transport.send(self.request).status == 500)
        #expect(await transport.requests.count == 4)
    }

    @Test("held requests wait until they are released, cancelled or shut down")
    func hold() async throws {
        let transport = ScriptedTransport()
        await transport.hold()
        async let first = transport.send(self.request)
        #expect(await transport.requests(atLeast: 1).count == 1)
        await transport.release()
        #expect(try await first.status == 200)
        await transport.hold()
        await withTaskGroup(of: TransportError.Code?.self) { group in
            group.addTask { await self.code(transport) }
            _ = await transport.requests(atLeast: 2)
            group.cancelAll()
            #expect(await group.next() == .cancelled)
        }
        async let last = self.code(transport)
        _ = await transport.requests(atLeast: 3)
        await transport.shutdown()
        #expect(await last == .shutDown)
        #expect(await self.code(transport) == .shutDown)
        #expect(await transport.heldCount == 0)
    }

    func code(_ transport: ScriptedTransport) async -> TransportError.Code? {
        do throws(TransportError) {
            _ = try await transport.send(self.request)
            return nil
        } catch {
            return error.code
        }
    }
}
