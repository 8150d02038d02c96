/// A method or response code: three bits of class, five bits of detail (RFC 7252 §3, §12.1).
///
/// Unknown values are kept, so that a newer peer does not break us.
public struct Code: Hashable, Sendable {
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
}

// COAP-0007: the methods of RFC 7252 §12.1.1 and RFC 8132.
extension Code {
    /// 0.00.
    public static let empty = Self(rawValue: 0x00)
    /// 0.01 GET.
    public static let get = Self(rawValue: 0x01)
    /// 0.02 POST.
    public static let post = Self(rawValue: 0x02)
    /// 0.03 PUT.
    public static let put = Self(rawValue: 0x03)
    /// 0.04 DELETE.
    public static let delete = Self(rawValue: 0x04)
    /// 0.05 FETCH.
    public static let fetch = Self(rawValue: 0x05)
    /// 0.06 PATCH.
    public static let patch = Self(rawValue: 0x06)
    /// 0.07 iPATCH.
    public static let iPatch = Self(rawValue: 0x07)
}

// COAP-0008: the registered response codes.
extension Code {
    /// 2.01.
    public static let created = Self(class: 2, detail: 1)
    /// 2.02.
    public static let deleted = Self(class: 2, detail: 2)
    /// 2.03.
    public static let valid = Self(class: 2, detail: 3)
    /// 2.04.
    public static let changed = Self(class: 2, detail: 4)
    /// 2.05.
    public static let content = Self(class: 2, detail: 5)
    /// 2.31.
    public static let `continue` = Self(class: 2, detail: 31)
    /// 4.00.
    public static let badRequest = Self(class: 4, detail: 0)
    /// 4.01.
    public static let unauthorized = Self(class: 4, detail: 1)
    /// 4.02.
    public static let badOption = Self(class: 4, detail: 2)
    /// 4.03.
    public static let forbidden = Self(class: 4, detail: 3)
    /// 4.04.
    public static let notFound = Self(class: 4, detail: 4)
    /// 4.05.
    public static let methodNotAllowed = Self(class: 4, detail: 5)
    /// 4.06.
    public static let notAcceptable = Self(class: 4, detail: 6)
    /// 4.08.
    public static let requestEntityIncomplete = Self(class: 4, detail: 8)
    /// 4.09.
    public static let conflict = Self(class: 4, detail: 9)
    /// 4.12.
    public static let preconditionFailed = Self(class: 4, detail: 12)
    /// 4.13.
    public static let requestEntityTooLarge = Self(class: 4, detail: 13)
    /// 4.15.
    public static let unsupportedContentFormat = Self(class: 4, detail: 15)
    /// 4.22.
    public static let unprocessableEntity = Self(class: 4, detail: 22)
    /// 4.29.
    public static let tooManyRequests = Self(class: 4, detail: 29)
    /// 5.00.
    public static let internalServerError = Self(class: 5, detail: 0)
    /// 5.01.
    public static let notImplemented = Self(class: 5, detail: 1)
    /// 5.02.
    public static let badGateway = Self(class: 5, detail: 2)
    /// 5.03.
    public static let serviceUnavailable = Self(class: 5, detail: 3)
    /// 5.04.
    public static let gatewayTimeout = Self(class: 5, detail: 4)
    /// 5.05.
    public static let proxyingNotSupported = Self(class: 5, detail: 5)
    /// 5.08.
    public static let hopLimitReached = Self(class: 5, detail: 8)
}

extension Code: CustomStringConvertible {
    /// `c.dd`, as the specifications write it: `2.05`, `0.01`.
    public var description: String {
        detail < 10 ? "\(`class`).0\(detail)" : "\(`class`).\(detail)"
    }
}
