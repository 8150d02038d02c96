import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Runs the handler of a verified request, whose mark is durable now, and prepares the answer.
    func deliver(
        _ request: GroupOSCORE.VerifiedRequest, handle: RequestHandle, path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard isGroupActive, group != nil else {
            staySilent(to: handle, effects: &effects)
            return
        }
        let response: ResourceResponse
        var policy = GroupResponsePolicy()
        let isPermitted = configuration.unicastGroupRequests.permits(
            request.message.code, isGroupMode: request.binding.isGroupMode, isMulticast: path.isMulticast)
        let message = request.message
        switch resources.route(message.options.uriPath, message.code) {
        case _ where !isPermitted:
            // GOSC-0349
            response = ResourceResponse(.forbidden)
        case .found(let resource, _) where !takesGroup(path, resource.properties):
            staySilent(to: handle, effects: &effects)
            return
        case .found(let resource, .immediate(let handler)):
            policy = resource.properties.groupPolicy
            // RFC 7252 §5.4.1: a critical option that is not understood must not be ignored.
            if request.message.options.firstUnprocessableOption(understood: Self.understoodOptions) == nil {
                counters.handlerCalls += 1
                response = handler(
                    ResourceRequest(
                        verified: request, options: message.options, payload: message.payload, path: path,
                        peer: .association(request.sender.bytes)))
            } else {
                response = ResourceResponse(.badOption)
            }
        case .found(let resource, .deferred), .found(let resource, .driver):
            // A node answers at once.
            policy = resource.properties.groupPolicy
            response = ResourceResponse(.notImplemented)
        case .methodNotAllowed(let resource):
            policy = resource.properties.groupPolicy
            response = ResourceResponse(.methodNotAllowed)
        case .notFound:
            response = ResourceResponse(.notFound)
        }
        effects.append(
            .event(
                .handled(
                    HandledRequest(
                        sender: request.sender, senderName: peers[request.sender]?.name,
                        partialIV: request.binding.request.partialIV.value, destination: path.destination,
                        path: request.message.options.uriPath, code: response.code))))
        // By default an error is no answer to a group.
        let noResponse = request.message.options.noResponse
        guard !path.isMulticast || policy.permits(response.code, noResponse: noResponse, isVerified: true) else {
            staySilent(to: handle, effects: &effects)
            return
        }
        // Before the answer is protected, which uses up the nonce of the request.
        guard let delay = path.isMulticast ? leisure(path, at: now, random: &random) : .zero else {
            counters.responsesCrowdedOut += 1
            staySilent(to: handle, effects: &effects)
            return
        }
        var binding = request.binding
        // The answer has the mode of the request. GOSC-0110: it has the latest keys, also where the request had those before.
        guard let group, !keysAreExpired(at: now),
            let answer = try? binding.isGroupMode
                ? group.protectResponse(response.message, to: &binding)
                : group.protectPairwiseResponse(response.message, to: &binding)
        else {
            staySilent(to: handle, effects: &effects)
            return
        }
        counters.responsesSent += 1
        var layerEffects: [MessageLayerEffect] = []
        messageLayer.respond(
            to: handle, with: answer, after: delay, at: now, random: &random, effects: &layerEffects)
        process(layerEffects, at: now, random: &random, effects: &effects)
    }

    /// Whether a resource takes what came this way.
    private func takesGroup(_ path: DatagramPath, _ properties: ResourceProperties) -> Bool {
        !path.isMulticast || (properties.groupAccess ?? .all).includes(path.destination)
    }

    /// The critical options that resources of a member handle, or that do not concern them.
    private static let understoodOptions: Set<OptionNumber> = [.uriHost, .uriPort, .uriPath, .uriQuery, .accept]

    /// The window over which the members of this group spread their answers.
    var leisureWindow: Duration {
        guard let network = membership?.network else { return Leisure.Unknown.groupMode.window }
        // Whoever knows the roster counts the responders, itself included; else the group's largest size.
        let others = peers.values.count { $0.roles.contains(.responder) }
        let own = membership?.roles.contains(.responder) == true ? 1 : 0
        let responders = others + own > 0 ? others + own : Int(clamping: network.maximumGroupSize)
        return Leisure.window(responders: responders, linkRate: Double(network.linkRate))
    }

    /// When to answer a group request; `nil` if too many answers wait already (COAP-0093).
    private func leisure(
        _ path: DatagramPath, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Duration? {
        leisurePeriods.draw(path, Leisure(window: leisureWindow), at: now, random: &random)
    }
}
