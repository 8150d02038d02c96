import Bytes

extension OptionNumber {
    /// How long a value may be, in bytes; `nil` for a number that is not registered here.
    public var valueLengths: ClosedRange<Int>? {
        // COAP-0029
        switch self {
        case .ifMatch, .requestTag: 0...8
        case .uriHost, .proxyScheme: 1...255
        case .eTag: 1...8
        case .ifNoneMatch, .edhoc: 0...0
        case .observe, .block1, .block2, .qBlock1, .qBlock2: 0...3
        case .uriPort, .contentFormat, .accept: 0...2
        case .locationPath, .locationQuery, .oscore, .uriPath, .uriQuery: 0...255
        case .maxAge, .size1, .size2: 0...4
        case .hopLimit: 1...1
        case .proxyUri: 1...1034
        case .echo: 1...40
        case .noResponse: 0...1
        // The draft allows any length and lets receivers stop at the longest hash.
        case .requestHash: 1...64
        case .padding: 0...OptionWriter.maximumValueLength
        default: nil
        }
    }

    /// Whether a message may carry it more than once.
    public var isRepeatable: Bool {
        switch self {
        case .ifMatch, .eTag, .locationPath, .uriPath, .uriQuery, .locationQuery, .requestTag, .qBlock2,
            .padding:
            true
        default: false
        }
    }

    /// The numbers kept free for further Location-* options.
    internal static let reservedForLocations = [128, 132, 136, 140].map { OptionNumber(rawValue: $0) }

    /// Whether the value is a number, in the `uint` format of RFC 7252 §3.2.
    public var isUnsigned: Bool {
        switch self {
        case .observe, .uriPort, .contentFormat, .maxAge, .hopLimit, .accept, .block1, .block2, .qBlock1, .qBlock2,
            .size1,
            .size2, .noResponse:
            true
        default: false
        }
    }

    /// Whether the value is text in UTF-8.
    public var isText: Bool {
        switch self {
        case .uriHost, .locationPath, .uriPath, .uriQuery, .locationQuery, .proxyUri, .proxyScheme: true
        default: false
        }
    }
}

extension Options {
    /// The first critical option that makes the message unprocessable: not among `understood`, too short or too long,
    /// one too many, or with a value that its format forbids; failing that, ``firstUnsupportedLocation``.
    ///
    /// What to do then depends on the message: 4.02, reset or silence (RFC 7252 §5.4.1).
    public func firstUnprocessableOption(understood: Set<OptionNumber>) -> OptionNumber? {
        var found: OptionNumber?
        var previous: OptionNumber?
        forEach { number, value in
            defer { previous = number }
            guard found == nil, number.isCritical else { return }
            // COAP-0024
            guard understood.contains(number), let lengths = number.valueLengths,
                // COAP-0027
                lengths.contains(value.count),
                // COAP-0028
                number.isRepeatable || previous != number,
                // COAP-0017, COAP-0031
                !number.isText || isPermitted(value, in: number)
            else {
                found = number
                return
            }
        }
        return found ?? firstUnsupportedLocation
    }

    /// The first of the options that are reserved for further parts of a location, if there is a location: without them it
    /// would be another one, so that the message is treated as if they were critical (RFC 7252 §5.10.7).
    public var firstUnsupportedLocation: OptionNumber? {
        // COAP-0039
        guard let first = OptionNumber.reservedForLocations.first, lastNumber >= first else { return nil }
        var isLocated = false
        var reserved: OptionNumber?
        forEach { number, _ in
            if number == .locationPath || number == .locationQuery { isLocated = true }
            if reserved == nil, OptionNumber.reservedForLocations.contains(number) { reserved = number }
        }
        return isLocated ? reserved : nil
    }

    private func isPermitted(_ value: Span<UInt8>, in number: OptionNumber) -> Bool {
        var isASCII = true
        for index in value.indices where value[index] > 0x7f { isASCII = false }
        guard isASCII || String(validating: [UInt8](copying: value), as: UTF8.self) != nil else { return false }
        guard number == .uriPath, (1...2).contains(value.count) else { return true }
        // "." and ".." are not segments of a path.
        return value[0] != UInt8(ascii: ".") || value[value.count - 1] != UInt8(ascii: ".")
    }
}
