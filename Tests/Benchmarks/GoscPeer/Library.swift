import CPeerSupport
import CoAP
import CoAPEngine
import GoscKit

/// A server as an application writes it.
enum LibraryServer {
    static func run(isProtected: Bool) async throws {
        let endpoint = try CoAPEndpoint(try Setup.configuration(isProtected: isProtected, sender: 2, recipient: 1))
        if isProtected {
            await endpoint.serveProtected(Setup.path, Resource(methods: [.get: .immediate { _ in Setup.answer }]))
        } else {
            await endpoint.serve(Setup.path, Resource(methods: [.get: .immediate { _ in Setup.answer }]))
        }
        peer_print_port(endpoint.localAddress.port)
        // Whoever started this ends it.
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// A client as an application writes it: so many tasks on the endpoint's thread, each with one request at a time.
enum LibraryClient {
    static func run(_ task: ClientTask) async throws {
        let isProtected = task.variant == "oscore"
        let endpoint = try CoAPEndpoint(try Setup.configuration(isProtected: isProtected, sender: 1, recipient: 2))
        var request = Setup.request(to: task.server, task.reliability)
        if isProtected { request.peer = try Setup.association(sender: 1, recipient: 2).peer }
        await withTaskExecutorPreference(endpoint.executor) { [request] in
            _ = peer_begin(task.serverProcess, task.warmUp, task.milliseconds)
            await withTaskGroup { group in
                for _ in 0..<task.outstanding {
                    group.addTask { await ask(endpoint, request) }
                }
            }
        }
    }

    private static func ask(_ endpoint: CoAPEndpoint, _ request: ClientRequest) async {
        while true {
            let sent = peer_now()
            guard let response = try? await endpoint.response(to: request), response.code == .content else { return }
            guard peer_count(sent) else { return }
        }
    }
}
