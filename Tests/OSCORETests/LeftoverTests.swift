import Bytes
import CoAP
import TestSupport
import Testing

@testable import OSCORE

/// A message can be genuine and yet be none, or of the wrong kind. The room that the caller lends then keeps nothing of it.
struct LeftoverTests {
    private static let mark = [UInt8](repeating: 0x5e, count: 24)
    private static let none: [UInt8] = []
    /// Behind a Code: options of a reserved form, and a payload.
    private static let bodies: [[UInt8]] = [[0xf0] + mark, [0xff] + mark]

    @Test(.requirement("OSC-0090"), arguments: [Code.get, .content], [true, false])
    func requests(code: Code, hasOuterOption: Bool) throws {
        for body in Self.bodies {
            let pair = try Pair()
            let outline = try OptionOutline(Self.none.span, isResponse: false)
            let sealed = try [UInt8](capacity: 200) { output throws(ProtectionError) in
                _ = try pair.client.sender.protectRequest(
                    code: code, body: body.span, outline: outline, into: &output)
            }
            let wire = (hasOuterOption ? Self.withOuterOption(sealed) : sealed)
            let message = try ProtectedMessage(wire.span)
            let isGood = code.isRequest && body[0] == 0xff
            var isAccepted = false
            let room = Room { output in
                if case .verified = pair.server.verifyRequest(message, into: &output) { isAccepted = true }
            }
            #expect(isAccepted == isGood)
            #expect(room.holds(Self.mark) == isGood)
            #expect(room.isUntouched == !isGood)
        }
    }

    @Test(.requirement("OSC-0090"), arguments: [Code.get, .content], [true, false])
    func responses(code: Code, hasOuterOption: Bool) throws {
        for body in Self.bodies {
            let pair = try Pair()
            let (_, binding) = try pair.client.protectRequest(Message(.get))
            let outline = try OptionOutline(Self.none.span, isResponse: true)
            let sealed = try [UInt8](capacity: 200) { output throws(ProtectionError) in
                try pair.server.sender.protectResponse(
                    code: code, body: body.span, outline: outline, ownPartialIV: nil, takes: false,
                    to: binding.partialIV, into: &output)
            }
            let wire = (hasOuterOption ? Self.withOuterOption(sealed) : sealed)
            let message = try ProtectedMessage(wire.span)
            let isGood = code.isResponse && body[0] == 0xff
            var isAccepted = false
            let room = Room { output in
                if case .verified = pair.client.verifyResponse(message, to: binding, into: &output) {
                    isAccepted = true
                }
            }
            #expect(isAccepted == isGood)
            #expect(room.holds(Self.mark) == isGood)
            #expect(room.isUntouched == !isGood)
        }
    }

    /// Uri-Host before the OSCORE option, whose delta becomes 6.
    private static func withOuterOption(_ body: [UInt8]) -> [UInt8] {
        [0x31, 0x61, 0x60 | body[0] & 0x0f] + body.dropFirst()
    }
}
