import CoAP
import CoAPEngine
import GoscKit

/// TD_COAP_OBS_01 to 13: resources that change by themselves, and when a client puts something.
struct ObservableResources {
    private let names = ["obs", "obs-non", "obs-large"]
    private let state = Cell<[String: Representation]>([:])
    private let ticks = Cell(0)

    /// - Parameter reset: Makes the server forget all observers without a word to them.
    func serve(on endpoint: CoAPEndpoint, reset: @escaping @Sendable () -> Void) async {
        tick()
        for name in names {
            await endpoint.serve(
                name,
                resource(
                    [
                        .get: { [state] _ in
                            guard let present = state.value[name] else { return ResourceResponse(.notFound) }
                            var response = present.content
                            response.options.maxAge = 5
                            return response
                        },
                        .put: { [state] request in
                            guard let representation = request.representation else { return .formatMissing }
                            state.change { $0[name] = representation }
                            return ResourceResponse(.changed)
                        },
                        // Until the next change by itself.
                        .delete: { [state] _ in
                            state.change { $0[name] = nil }
                            return ResourceResponse(.deleted)
                        },
                    ],
                    .link(("title", "Changes by itself"), ("rt", "observe")) {
                        $0.isObservable = true
                        $0.notifiesConfirmably = name != "obs-non"
                    }))
        }
        await endpoint.serve(
            "obs-reset",
            resource(
                [
                    .post: { request in
                        guard request.payload == Array("sesame".utf8) else { return ResourceResponse(.forbidden) }
                        reset()
                        return ResourceResponse(.changed)
                    }
                ], .link(("title", "Forgets all observers when told \"sesame\""))))
    }

    /// Changes all of them, again and again.
    func run(on endpoint: CoAPEndpoint, every interval: Duration) async {
        while (try? await Task.sleep(for: interval)) != nil {
            tick()
            for name in names { await endpoint.resourceChanged(name) }
        }
    }

    private func tick() {
        let number = ticks.change { count in
            count += 1
            return count
        }
        let text = Representation("Change \(number)")
        let large = Representation("Change \(number)\n\(largeText)")
        state.change { $0 = ["obs": text, "obs-non": text, "obs-large": large] }
    }
}
