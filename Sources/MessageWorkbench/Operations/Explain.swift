import Bytes
import COSE
import CoAP
import GroupOSCORE
import OSCORE

extension Workbench {
    /// `{"op":"explain",…}`: protects a plain message, or unprotects a protected one, and shows every step.
    ///
    /// Always in a context of its own, so that nothing of other lines is seen. What failed is shown up to where it did.
    func explain(_ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        let input = try MessageInput(fields, remembers: false)
        let datagram = try PlainDatagram(decoding: input.message)
        try datagram.require(input.direction)
        switch input.context {
        case .pair(let pair): return try explain(datagram, input, pair.seen(by: input.me))
        case .group(let group): return try explain(datagram, input, group)
        }
    }

    private func explain(
        _ datagram: PlainDatagram, _ input: MessageInput, _ pair: PairContextInput
    ) throws(WorkbenchFailure) -> JSONObject {
        let context = try Self.makeContext(pair)
        var explanation = Explanation(revealsSecrets: revealsSecrets)
        explanation.add(secret: "Master Secret", pair.masterSecret)
        explanation.add("Master Salt", pair.masterSalt)
        let keys = try pair.derivedKeys()
        for key in keys { explanation.add(key, isSecret: key.name != Self.commonIVName) }
        let ending = try Ending(datagram, signatureLength: nil) { () throws(WorkbenchFailure) in
            try Self.protect(datagram, input, with: context)
        } unprotect: { () throws(WorkbenchFailure) in
            var window = try Self.freshWindow()
            return try Self.unprotect(datagram, input, with: context, window: &window)
        }
        let trace = pair.trace(
            ending.parts, isProtecting: ending.isProtecting, request: input.request, keys: keys)
        return ending.answer(&explanation, trace, itemCount: .five)
    }

    private func explain(
        _ datagram: PlainDatagram, _ input: MessageInput, _ group: GroupContextInput
    ) throws(WorkbenchFailure) -> JSONObject {
        let isProtected = try datagram.parts(signatureLength: nil).oscore != nil
        let kept = try bench(group, me: input.me, needsPrivateKey: !isProtected)
        let fresh = GroupBench(
            input: group, me: kept.me, context: try Self.makeContext(group, member: kept.me, credentials),
            credentials: credentials)
        fresh.context.keepPlaintext()
        var explanation = Explanation(revealsSecrets: revealsSecrets)
        explanation.add(secret: "Master Secret", group.masterSecret)
        explanation.add("Master Salt", group.masterSalt)
        let keys = try GroupKeys(group, credentials)
        explanation.add(keys.commonIV, isSecret: false)
        if let key = keys.signatureEncryptionKey { explanation.add(key) }
        let ending = try Ending(datagram, signatureLength: fresh.context.algorithms.signature?.signatureLength) {
            () throws(WorkbenchFailure) in
            try Self.protect(datagram, input, with: fresh)
        } unprotect: { () throws(WorkbenchFailure) in
            var window = try Self.freshWindow()
            return try Self.unprotect(datagram, input, with: fresh, window: &window)
        }
        try addKeys(of: ending, datagram, input, keys, fresh, to: &explanation)
        return ending.answer(&explanation, fresh.context.trace, itemCount: group.countersignStructure)
    }

    /// Adds the key that encrypts this message, and what it is derived from.
    private func addKeys(
        of ending: Ending, _ datagram: PlainDatagram, _ input: MessageInput, _ keys: GroupKeys, _ bench: GroupBench,
        to explanation: inout Explanation
    ) throws(WorkbenchFailure) {
        if input.request == nil,
            let option = ending.parts.requestHash(inTheNameOf: bench.input.deterministicClient),
            let deterministic = try keys.deterministic()
        {
            // Its keys belong to no member.
            return try explanation.add(deterministic, option: option, bench.context.trace)
        }
        let producer = ending.isProtecting ? bench.me?.id : datagram.kid ?? input.peer
        guard let producer, let senderKey = keys.senderKey(of: producer) else { return }
        explanation.add(senderKey)
        guard ending.parts.oscore?.isGroupMode == false else { return }
        let other = ending.isProtecting ? input.request?.kid ?? input.peer : bench.me?.id
        guard let other, let key = try keys.pairwiseKey(from: producer, to: other) else { return }
        explanation.add(key)
    }

    /// It follows from any nonce, which is no secret.
    private static var commonIVName: String { "common_iv" }
}

/// How the message ended that is explained.
private struct Ending {
    /// Whether a plain message was given.
    let isProtecting: Bool
    /// The protected message, whichever end it is at.
    let parts: MessageParts
    private let result: Result<JSONObject, WorkbenchFailure>

    init(
        _ datagram: PlainDatagram, signatureLength: Int?,
        protect: () throws(WorkbenchFailure) -> ProtectedBody,
        unprotect: () throws(WorkbenchFailure) -> AcceptedMessage
    ) throws(WorkbenchFailure) {
        let received = try datagram.parts(signatureLength: signatureLength)
        guard received.oscore != nil else {
            let protected = try protect()
            isProtecting = true
            parts = try PlainDatagram(header: datagram.header, body: protected.body)
                .parts(signatureLength: signatureLength)
            result = .success(["message": .text(datagram.encoded(code: protected.code, body: protected.body))])
            return
        }
        isProtecting = false
        parts = received
        do throws(WorkbenchFailure) {
            let accepted = try unprotect()
            result = .success(accepted.described(in: datagram))
        } catch {
            result = .failure(error)
        }
    }

    /// All steps, and the end.
    func answer(
        _ explanation: inout Explanation, _ trace: MessageTrace?, itemCount: CountersignStructure.ItemCount
    ) -> JSONObject {
        if let option = parts.oscore { explanation.add(option) }
        if let trace { explanation.add(trace, parts, itemCount: itemCount) }
        var answer: JSONObject
        switch result {
        case .success(let end):
            answer = ["ok": .bool(true), "operation": .text(isProtecting ? "protect" : "unprotect")]
            for member in end.members { answer.append(member.name, member.value) }
        case .failure(let failure): answer = failure.answer
        }
        answer.append("steps", .array(explanation.steps))
        return answer
    }
}
