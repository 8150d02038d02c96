import Bytes
import CBOR
import COSE
import CoAP
import TestSupport
import Testing

@testable import OSCORE

/// What protection costs on the wire, by the messages of RFC 8613.
struct OverheadTests {
    private static let all = RFC8613Vectors.shared

    /// The lengths that Appendix C gives: of the message, and of the OSCORE message.
    @Test(
        .requirement("OSC-0002", "OSC-0067"),
        arguments: [
            ("C.4", 22, 35), ("C.5", 22, 36), ("C.6", 22, 44), ("C.7", 21, 32), ("C.8", 21, 34),
        ])
    func theMessagesOfAppendixCGrowAsTheRFCSays(id: String, plain: Int, protected: Int) throws {
        let vector = try #require(Self.all.vectors.first { $0.id == id })
        let name = try #require(vector.context)
        let side = try #require(Self.all.side(name))
        var reservation = SequenceReservation(resumingAt: vector.unprotectedRequest == nil ? 0 : 20)
        reservation.extend(to: 21)
        let context = try SecurityContext(
            masterSecret: bytes(side.masterSecret).span, masterSalt: bytes(side.masterSalt).span,
            idContext: side.idContext.map(bytes), senderID: try #require(SenderID(bytes(side.senderId))),
            recipientID: try #require(SenderID(bytes(side.recipientId))), reservation: reservation,
            replayWindow: ReplayWindow())
        let datagram = bytes(vector.unprotectedRequest ?? vector.unprotectedResponse)
        #expect(datagram.count == plain)
        let message = try Datagram(datagram)
        let sent: Message
        if vector.unprotectedRequest != nil {
            sent = try context.protectRequest(message.message).0
        } else {
            var binding = RequestBinding(
                kid: try #require(SenderID(bytes(vector.requestKid))),
                partialIV: try #require(PartialIV(decoding: bytes(vector.requestPiv))))
            sent = try context.protectResponse(
                message.message, to: &binding, usesOwnPartialIV: vector.partialIv != nil)
        }
        let count = try message.encoded(as: sent).count
        #expect(count == protected)
        // Head of the option, its value, the second payload marker, the Code and the tag: nothing else.
        let value = try #require(sent.options.oscore)
        #expect(count - plain == 1 + value.count + 1 + 1 + 8)
    }

    /// A small message with an empty Sender ID: 13 bytes for a request, 11 for its response, 13 for a notification.
    @Test func aSmallMessageCosts11To13Bytes() throws {
        let pair = try Pair(client: [], server: [1])
        for payload in [[], [1, 2, 3]] as [[UInt8]] {
            let request = Message(.post, [(.uriPath, [0x74])], payload: payload)
            let (sent, _) = try pair.client.protectRequest(request)
            #expect(sent.bodyLength - request.bodyLength == 13)
            var binding = try pair.request(sent).binding
            let response = Message(.content, payload: payload)
            for (usesOwnPartialIV, cost) in [(false, 11), (true, 13)] {
                let answer = try pair.server.protectResponse(
                    response, to: &binding, usesOwnPartialIV: usesOwnPartialIV)
                #expect(answer.bodyLength - response.bodyLength == cost)
            }
        }
    }

    /// The five examples of §6.3: the COSE object, and what is left of it in option value and payload.
    @Test(
        .requirement("OSC-0063", "OSC-0064", "OSC-0067"),
        arguments: [(0, 24, 17), (1, 23, 16), (2, 30, 22), (3, 18, 14), (4, 21, 16)])
    func compressionSavesWhatSection63Says(example: Int, before: Int, after: Int) throws {
        let example = Self.all.extra.compressionExamples63[example]
        // The ciphertext of all five has 14 bytes.
        let ciphertext = [UInt8](repeating: 0, count: 14)
        let fields = [(4, example.kid), (6, example.partialIv), (10, example.kidContext)].compactMap { label, value in
            value.map { (label, bytes($0)) }
        }
        var object: [UInt8] = []
        CBOREncoding.write(arrayOf: 3, into: &object)
        CBOREncoding.write(bytes: bytes("").span, into: &object)
        CBOREncoding.write(mapOf: fields.count, into: &object)
        for (label, value) in fields {
            CBOREncoding.write(integer: Int64(label), into: &object)
            CBOREncoding.write(bytes: value.span, into: &object)
        }
        CBOREncoding.write(bytes: ciphertext.span, into: &object)
        #expect(object.count == before)
        var value: [UInt8] = []
        let kidContext = example.kidContext.map(bytes)
        OSCOREOption.write(
            isGroupMode: false, partialIV: example.partialIv.flatMap { PartialIV(decoding: bytes($0)) },
            kidContext: kidContext?.span, kid: example.kid.flatMap { SenderID(bytes($0)) }, into: &value)
        #expect(value.count + ciphertext.count == after)
    }
}
