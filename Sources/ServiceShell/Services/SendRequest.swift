public import CoAP

/// A request to the members of a group, as an operator or a control socket gives it.
public struct SendRequest: Codable, Hashable, Sendable {
    /// The group's name; `nil` for the one that the node is in. Another name is refused.
    public var group: String?
    /// The number of the method's Code; PUT by default.
    public var method: UInt8
    /// The segments of the resource's path.
    public var path: [String]
    /// The payload.
    public var payload: [UInt8]
    /// The Content-Format of the payload; `nil` for none.
    public var contentFormat: UInt16?
    /// How long answers are collected, in nanoseconds; `nil` for the default.
    public var deadline: Int64?

    /// Creates a request.
    public init(
        group: String?, method: Code = .put, path: [String], payload: [UInt8], contentFormat: ContentFormat?,
        deadline: Duration? = nil
    ) {
        self.group = group
        self.method = method.rawValue
        self.path = path
        self.payload = payload
        self.contentFormat = contentFormat?.rawValue
        self.deadline = deadline?.nanoseconds
    }

    /// Why the request cannot be sent as it is; `nil` if it can. Whoever speaks on a control socket may have written it.
    var flaw: String? {
        guard Code(rawValue: method).isRequest else { return "\(method) is no method" }
        guard path.count <= 16, path.allSatisfy({ $0.utf8.count <= 255 }) else { return "the path is too long" }
        guard payload.count <= 1024 else { return "the value is longer than 1024 bytes" }
        guard (deadline ?? 1) > 0 else { return "the timeout is not positive" }
        guard (deadline ?? 0) <= 600_000_000_000 else { return "the timeout is longer than ten minutes" }
        return nil
    }

    var message: Message {
        var options = Options()
        options.uriPath = path
        options.contentFormat = contentFormat.map(ContentFormat.init(rawValue:))
        return Message(code: Code(rawValue: method), options: options, payload: payload)
    }
}

/// What comes of a ``SendRequest``: any number of responses, then how it ended.
public enum SendUpdate: Codable, Hashable, Sendable {
    /// A member answered.
    case response(SendResponse)
    /// All have answered, or the time is over. Nothing follows.
    case completed(SendSummary)
    /// It was not sent, or could not go on. Nothing follows.
    case failed(message: String, exitCode: Int32)
}

/// One verified answer.
public struct SendResponse: Codable, Hashable, Sendable {
    /// The Sender ID of the member that signed it, lower-case hex.
    public var senderID: String
    /// The member's name, if known.
    public var name: String?
    /// Such as `2.04`.
    public var code: String
    /// Whether the code is 2.xx.
    public var isSuccess: Bool
    /// The payload.
    public var payload: [UInt8]
    /// From sending the request to accepting the answer, in nanoseconds.
    public var latency: Int64
    /// `[address]:port` that it came from.
    public var source: String
    /// Bytes that protection added to the response.
    public var overhead: Int
    /// Bytes of the protected options and payload.
    public var protectedLength: Int
}

/// How a group request went.
public struct SendSummary: Codable, Hashable, Sendable {
    /// Datagrams that carried the request.
    public var datagramsSent: Int
    /// Responders in the roster when it was sent.
    public var expected: Int
    /// Members that answered.
    public var answered: Int
    /// Who did not answer.
    public var missing: [String]
    /// The window within which members spread their answers, in nanoseconds.
    public var leisure: Int64
    /// How long answers were collected at most, in nanoseconds.
    public var deadline: Int64
    /// Bytes that protection added to the request.
    public var overhead: Int
    /// Bytes of the protected datagram.
    public var datagramLength: Int
}

extension Duration {
    /// Whole nanoseconds, saturated.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? .max : sum
    }
}
