public import CoAP

/// How much a server answers to an address that nobody has proved to be the client's (RFC 9175 §2.4).
///
/// A forged source address makes the server send its answer to a victim. So a large answer is held back behind a short
/// challenge, which only the holder of the address can return.
public struct AmplificationLimit: Hashable, Sendable {
    /// How many times as long as the request an answer may be, 1 or more.
    public let factor: Int
    /// An answer up to this many bytes may go to any request.
    public let alwaysPermitted: Int

    // ECHO-0012
    /// The limits that RFC 9175 calls safe are three times the request, and 136 bytes.
    public init(factor: Int = 3, alwaysPermitted: Int = 136) {
        self.factor = max(factor, 1)
        self.alwaysPermitted = max(alwaysPermitted, 0)
    }

    /// Whether an answer may go to an address that is not proved.
    ///
    /// - Parameters:
    ///   - responseLength: Of the whole datagram.
    ///   - requestLength: Of the whole datagram.
    public func permits(responseLength: Int, requestLength: Int) -> Bool {
        responseLength <= max(alwaysPermitted, requestLength.multipliedReportingOverflow(by: factor).partialValue)
    }

    // ECHO-0012, ECHO-0013
    /// What is sent in the place of an answer that is too long: 4.01 with an Echo option.
    ///
    /// Answer with it at once, so that it is piggybacked or Non-confirmable: a separate Confirmable response would be
    /// retransmitted to the victim.
    ///
    /// - Parameter echo: 1 to 40 bytes that this server will know again.
    public static func challenge(echo: [UInt8]) -> Message {
        var response = Message(code: .unauthorized)
        response.options.append(.echo, echo)
        return response
    }
}
