import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Runs the handler of a verified request, whose mark is durable now, and prepares the answer.
    func deliver(
        _ request: VerifiedRequest, handle: RequestHandle, path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        let response = resources.respond(to: request)
        if case .found = resources.route(request) { counters.handlerCalls += 1 }
        effects.append(
            .event(
                .handled(
                    HandledRequest(
                        sender: request.sender, senderName: peers[request.sender]?.name,
                        partialIV: request.binding.request.partialIV.value, destination: path.destination,
                        path: request.message.options.uriPath, code: response.code))))
        // COAP-0244: an error is no answer to a group.
        guard !path.isMulticast || response.code.isSuccess else {
            staySilent(to: handle, effects: &effects)
            return
        }
        var binding = request.binding
        guard let group, let answer = try? group.protectResponse(response.message, to: &binding) else {
            staySilent(to: handle, effects: &effects)
            return
        }
        counters.responsesSent += 1
        var layerEffects: [MessageLayerEffect] = []
        messageLayer.respond(
            to: handle, with: answer, after: path.isMulticast ? leisure(random: &random) : .zero, at: now,
            random: &random, effects: &layerEffects)
        process(layerEffects, at: now, random: &random, effects: &effects)
    }

    /// The window over which the members of this group spread their answers.
    var leisureWindow: Duration {
        guard let network = membership?.network else { return Leisure.Unknown.groupMode.window }
        // Whoever knows the roster counts the responders, itself included; else the group's largest size.
        let others = peers.values.count { $0.roles.contains(.responder) }
        let own = membership?.roles.contains(.responder) == true ? 1 : 0
        let responders = others + own > 0 ? others + own : Int(clamping: network.maximumGroupSize)
        return Leisure.window(responders: responders, linkRate: Double(network.linkRate))
    }

    private func leisure(random: inout some RandomNumberGenerator) -> Duration {
        Leisure(window: leisureWindow).draw(using: &random)
    }
}
