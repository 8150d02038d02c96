import Bytes
import CoAP
import CoAPEngine

extension ManagerEngine {
    /// Protects and sends a held answer, now that everything it reveals is durable.
    mutating func answer(
        _ reply: NetworkReply, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        var binding = reply.binding
        guard let invitation = state.invitations[reply.association.clientSenderID],
            let association = Association(
                invitation, idContext: reply.association.idContext, record: state.associations[reply.association]),
            let message = try? association.protect(reply.answer, to: &binding)
        else {
            respond(
                to: reply.handle, .unprotectedError(.internalServerError), at: now, random: &random,
                effects: &effects)
            return
        }
        respond(to: reply.handle, message, at: now, random: &random, effects: &effects)
    }

    /// Counts a request that was not verified, and answers it without protection.
    mutating func reject(
        _ request: IncomingRequest, _ reason: RequestRejection, _ answer: Message, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        effects.append(.event(.rejected(from: request.path.source, reason: reason)))
        respond(to: request.handle, answer, at: now, random: &random, effects: &effects)
    }

    mutating func respond(
        to handle: RequestHandle, _ message: Message, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        var layerEffects: [MessageLayerEffect] = []
        layer.respond(to: handle, with: message, after: .zero, at: now, random: &random, effects: &layerEffects)
        forward(layerEffects, to: &effects)
    }

    mutating func staySilent(to handle: RequestHandle, effects: inout [ManagerEffect]) {
        var layerEffects: [MessageLayerEffect] = []
        layer.stayingSilent(to: handle, effects: &layerEffects)
        forward(layerEffects, to: &effects)
    }

    func forward(_ layerEffects: [MessageLayerEffect], to effects: inout [ManagerEffect]) {
        for case .transmit(let datagram) in layerEffects { effects.append(.send(datagram)) }
    }
}
