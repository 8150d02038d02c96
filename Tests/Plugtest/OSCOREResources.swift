import CoAP
import CoAPEngine
import GoscKit
import OSCORE

/// The resources of the OSCORE interoperability test specification, version 5.
///
/// - Parameters:
///   - isAware: Whether those behind OSCORE are there; without them it is the server of test 16.
///   - interval: Between the notifications of tests 6 and 7.
func serveOSCOREResources(on endpoint: CoAPEndpoint, isAware: Bool, every interval: Duration) async {
    await endpoint.serve("oscore/hello/coap", resource([.get: { _ in .text("Hello World!") }]))
    guard isAware else { return }
    await endpoint.serveProtected("oscore/hello/1", resource([.get: { _ in .text("Hello World!") }]))
    await endpoint.serveProtected(
        "oscore/hello/2", resource([.get: { _ in .text("Hello World!").adding(.eTag, [0x2B]) }]))
    await endpoint.serveProtected(
        "oscore/hello/3", resource([.get: { _ in .text("Hello World!").adding(.maxAge, [5]) }]))
    await endpoint.serveProtected(
        "oscore/hello/6",
        resource([.post: { ResourceResponse(.changed, .textPlain, $0.payload) }]))
    // Tests 9 and 10: the server compares If-Match and If-None-Match with this state.
    await endpoint.serveProtected(
        "oscore/hello/7",
        Resource(
            methods: [.put: .immediate { _ in ResourceResponse(.changed) }],
            state: { _ in .existing(eTag: [0x7B]) }))
    await endpoint.serveProtected("oscore/test", resource([.delete: { _ in ResourceResponse(.deleted) }]))
    // Not in the specification: blocks inside of OSCORE.
    let body = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 / 256) }
    await endpoint.serveProtected(
        "oscore/large", resource([.get: { _ in ResourceResponse(.content, .octetStream, body) }]))
    for (name, ends) in [("oscore/observe1", true), ("oscore/observe2", false)] {
        await serveSequence(name, endsWithError: ends, on: endpoint, every: interval)
    }
}

/// `one` for whoever registers, then `two`, then perhaps an error that ends the observation.
private func serveSequence(
    _ name: String, endsWithError: Bool, on endpoint: CoAPEndpoint, every interval: Duration
) async {
    enum Phase { case idle, one, two, error }
    let phase = Cell(Phase.idle)
    let play: @Sendable () -> Void = { [weak endpoint] in
        Task {
            for next in endsWithError ? [Phase.two, .error, .idle] : [.two] {
                try? await Task.sleep(for: next == .idle ? .zero : interval)
                phase.value = next
                if next != .idle { await endpoint?.resourceChanged(name) }
            }
        }
    }
    await endpoint.serveProtected(
        name,
        resource(
            [
                .get: { request in
                    switch phase.value {
                    case .idle where request.options.observe == 0:
                        phase.value = .one
                        play()
                        return .text("one")
                    case .idle, .one: return .text("one")
                    case .two:
                        // Test 7: whoever cancels still gets "two"; the next one begins anew.
                        if request.options.observe == 1 { phase.value = .idle }
                        return .text("two")
                    case .error: return ResourceResponse(.internalServerError, text: "Terminate Observe")
                    }
                }
            ],
            .link {
                $0.isObservable = true
                $0.notifiesConfirmably = true
            }))
}
