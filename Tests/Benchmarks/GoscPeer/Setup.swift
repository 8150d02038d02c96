import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GoscKit
import OSCORE

/// What both ends have in common, whatever they run on.
enum Setup {
    static let path = "temperature"
    static let answer = ResourceResponse(.content, payload: Array("22.3 C".utf8))

    /// The times of a network that loses nothing and delays nothing. With those of the Internet a Message ID rests for
    /// minutes, which permits 132 requests a second; with these 70 ms, which permits 234,000 answers to one client.
    static func transmission() throws -> TransmissionParameters {
        try TransmissionParameters(
            ackTimeout: .milliseconds(50), maxRetransmit: 0, nStart: 64, probingRate: 1_000_000_000,
            maxLatency: .milliseconds(10), mayHurryMoreThanStandard: true)
    }

    /// Nobody is held back for asking too often.
    static var limits: MessageLayerLimits {
        var limits = MessageLayerLimits()
        limits.answerRate = nil
        return limits
    }

    static func request(to server: SocketAddress, _ reliability: OutgoingRequest.Reliability) -> ClientRequest {
        var message = Message(code: .get)
        message.options.append(.uriPath, text: path)
        var request = ClientRequest(message, to: server, reliability: reliability)
        request.responseTimeout = .seconds(5)
        return request
    }

    static func configuration(isProtected: Bool, sender: UInt8, recipient: UInt8) throws -> EndpointConfiguration {
        var configuration = EndpointConfiguration()
        configuration.address = SocketAddress(.loopback, port: 0)
        configuration.transmission = try transmission()
        configuration.limits = limits
        configuration.server.transmission = configuration.transmission
        if isProtected { configuration.associations = [try association(sender: sender, recipient: recipient)] }
        return configuration
    }

    static func association(sender: UInt8, recipient: UInt8) throws -> OSCOREAssociation {
        guard let own = SenderID([sender]), let peer = SenderID([recipient]) else { throw SetupError.senderID }
        return OSCOREAssociation(
            masterSecret: Array(1...16), senderID: own, recipientID: peer, reservedEnd: 0, store: NothingKept())
    }
}

enum SetupError: Error {
    case senderID
}

/// The keys are those of one measurement and gone with it.
private struct NothingKept: SequenceNumberStore {
    func reserve(below end: UInt64) throws {}
}
