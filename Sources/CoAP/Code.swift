/// A method or response code: three bits of class, five bits of detail (RFC 7252 §3, §12.1).
///
/// Unknown values are kept, so that a newer peer does not break us.
public struct Code: Hashable, BitwiseCopyable, Sendable {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Takes the byte on the wire; every value is a code.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Takes the two parts of `c.dd`; only the low three and five bits count.
    @inlinable
    public init(class: UInt8, detail: UInt8) {
        self.rawValue = (`class` & 0x07) << 5 | (detail & 0x1f)
    }

    /// 0 for requests and empty messages, 2 success, 4 client error, 5 server error, 7 signalling; 1, 3 and 6 reserved.
    @inlinable
    public var `class`: UInt8 { rawValue >> 5 }
    /// The number after the dot, 0 to 31.
    @inlinable
    public var detail: UInt8 { rawValue & 0x1f }

    /// Whether this is 0.00: ping, acknowledgement or reset.
    @inlinable
    public var isEmpty: Bool { rawValue == 0 }
    /// Whether this is 0.01 to 0.31, known or not.
    @inlinable
    public var isRequest: Bool { `class` == 0 && !isEmpty }
    /// Whether this is 2.00 to 5.31, known or not.
    @inlinable
    public var isResponse: Bool { (2...5).contains(`class`) }
    /// Whether this is 2.xx.
    @inlinable
    public var isSuccess: Bool { `class` == 2 }
    /// Whether this is 4.xx or 5.xx.
    @inlinable
    public var isError: Bool { `class` == 4 || `class` == 5 }

    /// What a response code means to somebody who knows the registered ones: itself, or the x.00 of its class, of which
    /// 2.00 says success and nothing more (RFC 7252 §5.9). Other codes are themselves.
    public var known: Self {
        // COAP-0008
        !isResponse || Self.responses.contains(self) ? self : Self(class: `class`, detail: 0)
    }

    private static let responses: Set<Self> = [
        .created, .deleted, .valid, .changed, .content, .continue, .badRequest, .unauthorized, .badOption, .forbidden,
        .notFound, .methodNotAllowed, .notAcceptable, .requestEntityIncomplete, .conflict, .preconditionFailed,
        .requestEntityTooLarge, .unsupportedContentFormat, .unprocessableEntity, .tooManyRequests, .internalServerError,
        .notImplemented, .badGateway, .serviceUnavailable, .gatewayTimeout, .proxyingNotSupported, .hopLimitReached,
    ]
}

// COAP-0007: the methods of RFC 7252 §12.1.1 and RFC 8132.
extension Code {
    /// 0.00.
    @inlinable public static var empty: Self { Self(rawValue: 0x00) }
    /// 0.01 GET.
    @inlinable public static var get: Self { Self(rawValue: 0x01) }
    /// 0.02 POST.
    @inlinable public static var post: Self { Self(rawValue: 0x02) }
    /// 0.03 PUT.
    @inlinable public static var put: Self { Self(rawValue: 0x03) }
    /// 0.04 DELETE.
    @inlinable public static var delete: Self { Self(rawValue: 0x04) }
    /// 0.05 FETCH.
    @inlinable public static var fetch: Self { Self(rawValue: 0x05) }
    /// 0.06 PATCH.
    @inlinable public static var patch: Self { Self(rawValue: 0x06) }
    /// 0.07 iPATCH.
    @inlinable public static var iPatch: Self { Self(rawValue: 0x07) }
}

// COAP-0008: the registered response codes.
extension Code {
    /// 2.01.
    @inlinable public static var created: Self { Self(class: 2, detail: 1) }
    /// 2.02.
    @inlinable public static var deleted: Self { Self(class: 2, detail: 2) }
    /// 2.03.
    @inlinable public static var valid: Self { Self(class: 2, detail: 3) }
    /// 2.04.
    @inlinable public static var changed: Self { Self(class: 2, detail: 4) }
    /// 2.05.
    @inlinable public static var content: Self { Self(class: 2, detail: 5) }
    /// 2.31.
    public static let `continue` = Self(class: 2, detail: 31)
    /// 4.00.
    @inlinable public static var badRequest: Self { Self(class: 4, detail: 0) }
    /// 4.01.
    @inlinable public static var unauthorized: Self { Self(class: 4, detail: 1) }
    /// 4.02.
    @inlinable public static var badOption: Self { Self(class: 4, detail: 2) }
    /// 4.03.
    @inlinable public static var forbidden: Self { Self(class: 4, detail: 3) }
    /// 4.04.
    @inlinable public static var notFound: Self { Self(class: 4, detail: 4) }
    /// 4.05.
    @inlinable public static var methodNotAllowed: Self { Self(class: 4, detail: 5) }
    /// 4.06.
    @inlinable public static var notAcceptable: Self { Self(class: 4, detail: 6) }
    /// 4.08.
    @inlinable public static var requestEntityIncomplete: Self { Self(class: 4, detail: 8) }
    /// 4.09.
    @inlinable public static var conflict: Self { Self(class: 4, detail: 9) }
    /// 4.12.
    @inlinable public static var preconditionFailed: Self { Self(class: 4, detail: 12) }
    /// 4.13.
    @inlinable public static var requestEntityTooLarge: Self { Self(class: 4, detail: 13) }
    /// 4.15.
    @inlinable public static var unsupportedContentFormat: Self { Self(class: 4, detail: 15) }
    /// 4.22.
    @inlinable public static var unprocessableEntity: Self { Self(class: 4, detail: 22) }
    /// 4.29.
    @inlinable public static var tooManyRequests: Self { Self(class: 4, detail: 29) }
    /// 5.00.
    @inlinable public static var internalServerError: Self { Self(class: 5, detail: 0) }
    /// 5.01.
    @inlinable public static var notImplemented: Self { Self(class: 5, detail: 1) }
    /// 5.02.
    @inlinable public static var badGateway: Self { Self(class: 5, detail: 2) }
    /// 5.03.
    @inlinable public static var serviceUnavailable: Self { Self(class: 5, detail: 3) }
    /// 5.04.
    @inlinable public static var gatewayTimeout: Self { Self(class: 5, detail: 4) }
    /// 5.05.
    @inlinable public static var proxyingNotSupported: Self { Self(class: 5, detail: 5) }
    /// 5.08.
    @inlinable public static var hopLimitReached: Self { Self(class: 5, detail: 8) }
}

extension Code: CustomStringConvertible {
    /// `c.dd`, as the specifications write it: `2.05`, `0.01`.
    public var description: String {
        detail < 10 ? "\(`class`).0\(detail)" : "\(`class`).\(detail)"
    }
}
