import Bytes
import CoAP
import TestSupport
import Testing

@testable import OSCORE

/// Messages whose options are all encrypted are protected in one copy; the others go another way and come out alike.
struct SplitOptionsTests {
    private func context(sender: [UInt8], recipient: [UInt8]) throws -> SecurityContext {
        let secret = [UInt8](repeating: 5, count: 16)
        let salt: [UInt8] = []
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 256)
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: salt.span, idContext: nil,
            senderID: try #require(SenderID(sender)), recipientID: try #require(SenderID(recipient)),
            reservation: reservation, replayWindow: ReplayWindow())
    }

    private static let optionSets: [[OptionNumber]] = [
        [], [.uriPath], [.uriHost], [.observe], [.uriHost, .observe, .uriPort, .uriPath, .hopLimit, .proxyScheme],
        [.ifMatch, .uriPath, .echo, .requestTag], [.uriPath, .proxyScheme],
    ]

    @Test(arguments: optionSets, [0, 1, 40]) func everyOptionComesOutAgain(numbers: [OptionNumber], payload: Int) throws
    {
        let client = try context(sender: [1], recipient: [2])
        let server = try context(sender: [2], recipient: [1])
        var options = Options()
        for number in numbers { options.append(number, [0x61, 0x62]) }
        let message = Message(code: .get, options: options, payload: Array(repeating: 7, count: payload))
        let (protected, _) = try client.protectRequest(message)
        for number in numbers where OptionClass(number) == .encrypted && number != .observe {
            #expect(!protected.options.contains(number))
        }
        for number in numbers where OptionClass(number) == .unprotected {
            #expect(protected.options.contains(number))
        }
        #expect(protected.options.contains(.observe) == numbers.contains(.observe))
        let body = protected.body
        guard case .verified(let verified) = server.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("refused")
            return
        }
        #expect(verified.message == message)
    }

    @Test(arguments: optionSets) func withoutRoomNothingIsWritten(numbers: [OptionNumber]) throws {
        let client = try context(sender: [1], recipient: [2])
        var options = Options()
        for number in numbers { options.append(number, [0x61, 0x62]) }
        let body = Message(code: .get, options: options, payload: [1, 2, 3]).body
        var needed = 0
        _ = try [UInt8](capacity: 256) { output throws(ProtectionError) in
            _ = try client.protectRequest(code: .get, body: body.span, into: &output)
            needed = output.count
        }
        for room in 0..<needed {
            var count = -1
            #expect(throws: ProtectionError.tooLong) {
                try [UInt8](capacity: room) { output throws(ProtectionError) in
                    defer { count = output.count }
                    _ = try client.protectRequest(
                        code: .get, body: body.span, partialIV: .zero, into: &output)
                }
            }
            #expect(count == 0)
        }
    }
}
