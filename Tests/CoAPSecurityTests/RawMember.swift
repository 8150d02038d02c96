import Bytes
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE
import Testing

/// A member that answers by hand, also in ways in which no endpoint of ours would.
final class RawMember {
    let number: UInt8
    let address: SocketAddress
    private let context: GroupContext
    private var nextMessageID: UInt16 = 1

    init(_ number: UInt8, of group: TestGroup) throws {
        self.number = number
        address = SocketAddress(IPv6Address(high: 0x2001_0db8 << 32, low: UInt64(number)), port: 5683)
        context = try group.context(number)
    }

    /// A request that it has verified.
    struct Heard {
        let token: Token
        let source: SocketAddress
        var binding: GroupRequestBinding
    }

    func hear(_ passing: SecuredNetwork.Passing) throws -> Heard {
        let bytes = passing.datagram.bytes
        let (header, bodyStart) = try DatagramCodec.decode(bytes.span)
        let body = Array(bytes[bodyStart...])
        guard case .verified(let request) = context.verifyRequest(try ProtectedMessage(body.span)) else {
            throw NotVerified()
        }
        return Heard(token: header.token, source: passing.source, binding: request.binding)
    }

    struct NotVerified: Error {}

    /// An answer in a mode, with fields as they are given.
    func answer(
        _ heard: Heard, _ text: String = "raw", inGroupMode: Bool, partialIV: UInt64? = nil, includesKid: Bool = true,
        includesGroupID: Bool = false, observe: UInt32? = nil
    ) throws -> SecuredNetwork.Passing {
        let fields = GroupResponseFields(
            partialIV: try partialIV.map { try #require(PartialIV($0)) }, includesKid: includesKid,
            includesGroupID: includesGroupID)
        var message = Message(code: .content, payload: Array(text.utf8))
        message.options.observe = observe
        let plain = message.body
        var code = Code.content
        let body = try [UInt8](capacity: plain.count + 400) { output throws(ProtectionError) in
            code =
                inGroupMode
                ? try context.protectGroupResponse(
                    code: .content, body: plain.span, to: heard.binding, fields: fields, into: &output)
                : try context.protectPairwiseResponse(
                    code: .content, body: plain.span, to: heard.binding, fields: fields, into: &output)
        }
        return datagram(EncodedMessage(code: code, body: body), heard)
    }

    /// Any message as an answer to a request.
    func datagram(_ message: EncodedMessage, _ heard: Heard) -> SecuredNetwork.Passing {
        let header = DatagramHeader(
            type: .nonConfirmable, code: message.code, messageID: MessageID(rawValue: nextMessageID),
            token: heard.token)
        nextMessageID += 1
        var bytes: [UInt8] = []
        DatagramCodec.encode(header, body: message.body.span, into: &bytes)
        return SecuredNetwork.Passing(
            source: address, datagram: OutgoingDatagram(bytes: bytes, destination: heard.source))
    }
}
