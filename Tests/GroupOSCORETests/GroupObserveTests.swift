import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Observe in both modes: what RFC 8613 §4.1.3.5 asks for holds in a group as well.
struct GroupObserveTests {
    private static func get(observe: UInt32?) -> Message {
        var request = Message(code: .get)
        request.options.observe = observe
        return request
    }

    private static func notification(_ value: UInt32) -> Message {
        var message = Message(code: .content, options: Options(), payload: [1])
        message.options.observe = value
        return message
    }

    @Test(
        .requirement("OSC-0037", "OSC-0038", "OSC-0043", "GOSC-0169", "GOSC-0161", "COAP-0159"),
        arguments: [true, false])
    func notificationsFollowARegistration(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 9)
        let registration = Self.get(observe: 0)
        let (request, binding) =
            try isGroupMode
            ? client.protectRequest(registration) : client.protectRequest(registration, to: server.ownID)
        // Inside and outside, and FETCH instead of POST.
        #expect(request.code == .fetch)
        #expect(request.options.observe == 0)
        let received = try server.received(request)
        #expect(received.message == registration)
        #expect(received.binding.request.observe == .registration)
        var served = received.binding
        var partialIVs: [UInt64?] = []
        for value in [7, 8, 9] as [UInt32] {
            let notification = Self.notification(value)
            let response =
                try isGroupMode
                ? server.protectResponse(notification, to: &served)
                : server.protectPairwiseResponse(notification, to: &served)
            #expect(response.code == .content)
            #expect(response.options.observe == value)
            partialIVs.append(try response.fields.partialIV)
            // The inner value is empty: Partial IVs order.
            #expect(try client.answered(response, to: binding).message.options.observe == 0)
        }
        #expect(partialIVs == [nil, 9, 10])
    }

    @Test(.requirement("OSC-0046"), arguments: [true, false])
    func aNotificationThatNobodyAskedForIsNeitherSentNorAccepted(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let plain = Self.get(observe: nil)
        let (request, binding) =
            try isGroupMode ? client.protectRequest(plain) : client.protectRequest(plain, to: server.ownID)
        var served = try server.received(request).binding
        #expect(throws: ProtectionError.unsupportedOption) {
            try server.protectResponse(Self.notification(1), to: &served)
        }
        #expect(throws: ProtectionError.unsupportedOption) {
            try server.protectPairwiseResponse(Self.notification(1), to: &served)
        }
        // A server that sends one all the same: it takes the request for a registration.
        served = served.observing(.registration)
        let response = try server.protectResponse(Self.notification(1), to: &served)
        #expect(throws: VerificationFailure.unexpectedNotification) { try client.answered(response, to: binding) }
    }

    @Test(.requirement("OSC-0053"))
    func codesOfTheWrongKindAreNotProtected() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let serverID = try server.ownID
        for code in [Code(rawValue: 0), .content, Code(rawValue: 0xe1)] {
            #expect(throws: ProtectionError.unsupportedCode) { try client.protectRequest(Message(code: code)) }
            #expect(throws: ProtectionError.unsupportedCode) {
                try client.protectRequest(Message(code: code), to: serverID)
            }
        }
        var served = try server.received(try client.protectRequest(.on).0).binding
        #expect(throws: ProtectionError.unsupportedCode) {
            try server.protectResponse(Message(code: .get), to: &served)
        }
        // Nothing was used up.
        #expect(client.reservation?.next == 1)
        #expect(try server.protectResponse(.done, to: &served).fields.partialIV == nil)
    }
}
