import Bytes
import CoAP
import TestSupport
import Testing

@testable import OSCORE

struct ObserveTests {
    private let pair: Pair
    private let registration = Message(.get, [(.observe, []), (.uriPath, [0x74])])

    init() throws {
        pair = try Pair()
    }

    @Test(.requirement("OSC-0033", "OSC-0037", "OSC-0038", "COAP-0249"), arguments: [[], [1]] as [[UInt8]])
    func observeOfARequestStandsInsideAndOutside(value: [UInt8]) throws {
        let request = Message(.get, [(.observe, value), (.uriPath, [0x74])])
        let (protected, binding) = try pair.client.protectRequest(request)
        #expect(protected.code == .fetch)
        #expect(protected.options.first(of: .observe) == value)
        #expect(binding.observe == (value.isEmpty ? .registration : .cancellation))
        // A proxy changes what it sees; the server reads what the client wrote.
        var changed = protected
        changed.options.set(.observe, value.isEmpty ? [1] : [])
        let verified = try pair.request(changed)
        #expect(verified.message == request)
        #expect(verified.binding.observe == binding.observe)
    }

    @Test(.requirement("OSC-0033")) func outerObserveAloneRegistersNothing() throws {
        var (protected, _) = try pair.client.protectRequest(Message(.get))
        protected.options.append(.observe, [])
        let verified = try pair.request(protected)
        #expect(verified.binding.observe == nil)
        #expect(verified.message.options.observe == nil)
    }

    @Test(.requirement("OSC-0034", "OSC-0042", "OSC-0043", "OSC-0087", "OSC-0037", "OSC-0086"))
    func onlyTheFirstNotificationGoesWithoutPartialIV() throws {
        let (protected, binding) = try pair.client.protectRequest(registration)
        var atServer = try pair.request(protected).binding
        var number = NotificationNumber()
        for sequence in 0..<4 {
            let notification = Message(.content, [(.observe, [UInt8(7 + sequence)])], payload: [UInt8(sequence)])
            if sequence > 0 {
                #expect(throws: ProtectionError.requestNonceUsed) {
                    try pair.server.protectResponse(notification, to: &atServer)
                }
            }
            let sent = try pair.server.protectResponse(notification, to: &atServer, usesOwnPartialIV: sequence > 0)
            #expect(sent.code == .content)
            #expect(sent.options.first(of: .observe) == [UInt8(7 + sequence)])
            let value = try #require(sent.options.oscore)
            #expect(value == (sequence == 0 ? [] : [1, UInt8(sequence - 1)]))
            let body = sent.body
            var joined: [UInt8] = []
            joined = try [UInt8](capacity: body.count) { output throws(VerificationFailure) in
                _ = pair.client.verifyResponse(try ProtectedMessage(body.span), to: binding, into: &output)
            }
            // The inner value is empty, whatever the server counted.
            #expect(joined == [0x60, 0xff, UInt8(sequence)])
            let accepted = try pair.atClient(sent, binding, &number).notification
            #expect(accepted?.payload == [UInt8(sequence)])
        }
        #expect(number.highest == PartialIV(2))
    }

    @Test(.requirement("OSC-0034")) func anOwnPartialIVInTheFirstNotificationIsNeededInAllOthers() throws {
        var binding = try pair.request(pair.client.protectRequest(registration).0).binding
        _ = try pair.server.protectResponse(Message(.content), to: &binding, usesOwnPartialIV: true)
        #expect(throws: ProtectionError.requestNonceUsed) {
            try pair.server.protectResponse(Message(.notFound), to: &binding)
        }
    }

    @Test(.requirement("OSC-0044", "OSC-0045", "OSC-0074", "OSC-0092"))
    func notificationsCountOnceAndInOrderOfTheirPartialIVs() throws {
        let (protected, binding) = try pair.client.protectRequest(registration)
        var atServer = try pair.request(protected).binding
        let plain = Message(.content, [(.observe, [9])])
        let sent = try (0..<4).map { sequence in
            try pair.server.protectResponse(plain, to: &atServer, usesOwnPartialIV: sequence > 0)
        }
        var number = NotificationNumber()
        #expect(try pair.atClient(sent[0], binding, &number).notification?.options.observe == 0)
        // Without a Partial IV once only.
        #expect(try pair.atClient(sent[0], binding, &number).isOld)
        // The outer value says the opposite of the truth.
        var newest = sent[3]
        newest.options.set(.observe, [])
        #expect(try pair.atClient(newest, binding, &number).notification?.options.observe == 2)
        var older = sent[2]
        older.options.set(.observe, [0xff, 0xff, 0xff])
        #expect(try pair.atClient(older, binding, &number).isOld)
        #expect(try pair.atClient(sent[3], binding, &number).isOld)
        #expect(number.highest == PartialIV(2))
    }

    @Test(.requirement("OSC-0074")) func theNotificationWithoutPartialIVIsTheOldest() throws {
        var number = NotificationNumber()
        let accepted = number.accept(PartialIV(5))
        #expect(accepted)
        let unchanged = number
        for partialIV in [nil, PartialIV(5), PartialIV(4)] {
            let again = number.accept(partialIV)
            #expect(!again)
        }
        #expect(number == unchanged)
        let newer = number.accept(PartialIV(6))
        #expect(newer)
    }

    @Test(.requirement("OSC-0045")) func threeBytesOfThePartialIVOrderNotifications() throws {
        #expect(try #require(PartialIV(0x12_3456_789a)).observeValue == 0x56_789a)
    }

    @Test(.requirement("OSC-0074", "OSC-0092")) func aForgedNotificationChangesNothing() throws {
        let (protected, binding) = try pair.client.protectRequest(registration)
        var atServer = try pair.request(protected).binding
        let plain = Message(.content, [(.observe, [1])])
        let sent = try (0..<2).map { _ in
            try pair.server.protectResponse(plain, to: &atServer, usesOwnPartialIV: true)
        }
        var number = NotificationNumber()
        var forged = sent[1]
        forged.payload[0] ^= 1
        #expect(try pair.atClient(forged, binding, &number).failure == .decryption)
        #expect(number == NotificationNumber())
        for message in sent {
            #expect(try pair.atClient(message, binding, &number).notification != nil)
        }
    }

    @Test(.requirement("OSC-0046")) func aResponseWithoutInnerObserveIsAPlainOne() throws {
        let (protected, binding) = try pair.client.protectRequest(registration)
        var atServer = try pair.request(protected).binding
        var sent = try pair.server.protectResponse(Message(.content, payload: [1]), to: &atServer)
        #expect(sent.code == .changed)
        // A proxy cannot turn it into a notification.
        sent.options.append(.observe, [5])
        var number = NotificationNumber()
        let last = try pair.atClient(sent, binding, &number).last
        #expect(last == Message(.content, payload: [1]))
        #expect(number == NotificationNumber())
    }

    @Test(.requirement("OSC-0046")) func aNotificationThatNobodyAskedForIsDropped() throws {
        let (protected, binding) = try pair.client.protectRequest(Message(.get))
        var atServer = try pair.request(protected).binding
        let notification = Message(.content, [(.observe, [1])], payload: [1])
        #expect(throws: ProtectionError.unsupportedOption) {
            try pair.server.protectResponse(notification, to: &atServer)
        }
        // A server that sends it all the same.
        let body = try [UInt8](capacity: 100) { output throws(ProtectionError) in
            let plain = notification.body
            _ = try pair.server.protectResponse(
                code: .content, body: plain.span, to: atServer, partialIV: nil, into: &output)
        }
        let sent = try Message(code: .content, body: body.span)
        #expect(try pair.atClient(sent, binding).failure == .unexpectedNotification)
        var number = NotificationNumber()
        #expect(try pair.atClient(sent, binding, &number).failure == .unexpectedNotification)
    }

    @Test(.requirement("OSC-0039", "OSC-0110")) func everyRegistrationBindsItsNotificationsAnew() throws {
        let (first, firstBinding) = try pair.client.protectRequest(registration)
        var atServer = try pair.request(first).binding
        let old = try pair.server.protectResponse(
            Message(.content, [(.observe, [1])]), to: &atServer, usesOwnPartialIV: true)
        let (second, secondBinding) = try pair.client.protectRequest(registration)
        #expect(firstBinding.partialIV != secondBinding.partialIV)
        #expect(try pair.request(second).binding.partialIV == secondBinding.partialIV)
        // After a restart the client knows no Notification Number; what belongs to the old registration does not verify.
        var number = NotificationNumber()
        #expect(try pair.atClient(old, secondBinding, &number).failure == .decryption)
    }

    @Test(.requirement("OSC-0035")) func cancellationsAreMatchedByTheirDecryptedOptions() throws {
        let options: [(OptionNumber, [UInt8])] = [(.uriPath, [0x74]), (.eTag, [1]), (.accept, [60])]
        let registration = Message(.get, [(.observe, [])] + options)
        let matching = Message(
            .get, [(.observe, [1]), (.uriPath, [0x74]), (.accept, [60]), (.eTag, [2]), (.eTag, [3])])
        #expect(matching.concernsSameObservation(as: registration))
        let (protected, _) = try pair.client.protectRequest(matching)
        #expect(try pair.request(protected).message.concernsSameObservation(as: registration))
        for other in [
            Message(.fetch, [(.observe, [1])] + options), Message(.get, [(.observe, [1]), (.uriPath, [0x75])]),
            Message(.get, [(.observe, [1]), (.uriPath, [0x74])]),
            Message(.get, [(.observe, [1])] + options, payload: [1]),
        ] {
            #expect(!other.concernsSameObservation(as: registration))
        }
    }
}
