import Bytes
import CoAP
import TestSupport
import Testing

struct OptionRecognitionTests {
    private static let understood: Set<OptionNumber> = [.uriHost, .uriPath, .accept, .ifNoneMatch, .oscore]

    @Test(
        .requirement("COAP-0023", "COAP-0024", "COAP-0027", "COAP-0028", "COAP-0017", "COAP-0031"),
        arguments: [
            ([(2051, [])], 2051), ([(2050, [])], nil), ([(3, [])], 3), ([(3, [97])], nil), ([(3, [97]), (3, [97])], 3),
            ([(17, []), (17, [])], 17), ([(11, []), (11, [])], nil), ([(5, [1])], 5), ([(5, [])], nil),
            ([(12, [1, 2, 3])], nil), ([(11, [0xff, 0xfe])], 11), ([(11, [0x2e, 0x2e])], 11), ([(11, [0x2e])], 11),
            ([(35, [97])], 35), ([(9, [1])], nil), ([(4, []), (12, []), (12, [])], nil),
        ] as [([(UInt16, [UInt8])], UInt16?)])
    func criticalOptionsThatCannotBeProcessedAreFound(list: [(UInt16, [UInt8])], expected: UInt16?) {
        var options = Options()
        for (number, value) in list { options.append(OptionNumber(rawValue: number), value) }
        #expect(options.firstUnprocessableOption(understood: Self.understood)?.rawValue == expected)
    }

    @Test(.requirement("COAP-0029", "COAP-0030"))
    func registeredOptionsHaveTheirNumbersAndLengths() {
        let table: [(OptionNumber, UInt16, ClosedRange<Int>)] = [
            (.ifMatch, 1, 0...8), (.uriHost, 3, 1...255), (.eTag, 4, 1...8), (.ifNoneMatch, 5, 0...0),
            (.observe, 6, 0...3), (.uriPort, 7, 0...2), (.locationPath, 8, 0...255), (.oscore, 9, 0...255),
            (.uriPath, 11, 0...255), (.contentFormat, 12, 0...2), (.maxAge, 14, 0...4), (.uriQuery, 15, 0...255),
            (.hopLimit, 16, 1...1), (.accept, 17, 0...2), (.qBlock1, 19, 0...3), (.locationQuery, 20, 0...255),
            (.edhoc, 21, 0...0), (.block2, 23, 0...3), (.block1, 27, 0...3), (.size2, 28, 0...4), (.qBlock2, 31, 0...3),
            (.proxyUri, 35, 1...1034), (.proxyScheme, 39, 1...255), (.size1, 60, 0...4), (.echo, 252, 1...40),
            (.noResponse, 258, 0...1), (.requestTag, 292, 0...8),
        ]
        for (number, value, lengths) in table {
            #expect(number.rawValue == value)
            #expect(number.valueLengths == lengths)
        }
    }

    /// One byte too few, the fewest, the most, one too many.
    @Test(.requirement("COAP-0027", "COAP-0029"))
    func lengthsOutsideTheirRangeCountAsUnrecognised() throws {
        for raw in Self.registered {
            let number = OptionNumber(rawValue: raw)
            let lengths = try #require(number.valueLengths)
            for length in [lengths.lowerBound - 1, lengths.lowerBound, lengths.upperBound, lengths.upperBound + 1]
            where length >= 0 {
                var options = Options()
                options.append(number, Array(repeating: 97, count: length))
                let isRefused = options.firstUnprocessableOption(understood: [number]) != nil
                #expect(isRefused == (number.isCritical && !lengths.contains(length)), "\(raw): \(length) bytes")
            }
        }
    }

    /// Elective ones read as absent.
    @Test(.requirement("COAP-0027", "COAP-0029"))
    func valuesOfAWrongLengthAreNotRead() {
        let readers: [(OptionNumber, ClosedRange<Int>, (Options) -> Bool)] = [
            (.ifMatch, 0...8, { !$0.ifMatch.isEmpty }), (.eTag, 1...8, { $0.eTag != nil }),
            (.observe, 0...3, { $0.observe != nil }), (.contentFormat, 0...2, { $0.contentFormat != nil }),
            (.maxAge, 0...4, { $0.maxAge != nil }), (.hopLimit, 1...1, { $0.hopLimit != nil }),
            (.accept, 0...2, { $0.accept != nil }), (.block2, 0...3, { $0.block2 != nil }),
            (.block1, 0...3, { $0.block1 != nil }), (.size2, 0...4, { $0.size2 != nil }),
            (.size1, 0...4, { $0.size1 != nil }), (.echo, 1...40, { $0.echo != nil }),
            (.noResponse, 0...1, { $0.noResponse != nil }), (.requestTag, 0...8, { !$0.requestTags.isEmpty }),
        ]
        for (number, lengths, isRead) in readers {
            #expect(number.valueLengths == lengths)
            for length in max(0, lengths.lowerBound - 1)...lengths.upperBound + 1 {
                var options = Options()
                options.append(number, Array(repeating: 1, count: length))
                #expect(isRead(options) == lengths.contains(length), "\(number): \(length) bytes")
            }
        }
    }

    @Test(.requirement("COAP-0028"))
    func onlySomeOptionsAreRepeatable() {
        let repeatable: Set<UInt16> = [1, 4, 8, 11, 15, 20, 31, 292]
        for raw in Self.registered {
            let number = OptionNumber(rawValue: raw)
            #expect(number.isRepeatable == repeatable.contains(raw), "\(raw)")
            let length = number.valueLengths?.lowerBound ?? 0
            var options = Options()
            options.append(number, Array(repeating: 97, count: length))
            #expect(options.firstUnprocessableOption(understood: [number]) == nil, "\(raw)")
            options.append(number, Array(repeating: 97, count: length))
            let isRefused = options.firstUnprocessableOption(understood: [number]) != nil
            #expect(isRefused == (number.isCritical && !repeatable.contains(raw)), "\(raw)")
        }
        // The first of two counts.
        var options = Options()
        options.append(.contentFormat, [60])
        options.append(.contentFormat, [50])
        #expect(options.contentFormat == .cbor)
    }

    @Test(
        .requirement("COAP-0039"),
        arguments: [
            ([8, 128], 128), ([20, 132], 132), ([8, 20, 136], 136), ([8, 140], 140), ([8, 128, 140], 128), ([128], nil),
            ([8, 129 - 2], 127), ([8, 130], nil), ([8, 144], nil), ([8, 20], nil), ([], nil), ([3, 8, 128], 3),
        ] as [([UInt16], UInt16?)])
    func reservedPartsOfALocationMakeItUnusable(numbers: [UInt16], expected: UInt16?) {
        var options = Options()
        for number in numbers { options.append(OptionNumber(rawValue: number), []) }
        #expect(options.firstUnprocessableOption(understood: Self.understood)?.rawValue == expected)
    }

    private static let registered: [UInt16] = [
        1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 21, 23, 27, 28, 31, 35, 39, 60, 252, 258, 292,
    ]
}
