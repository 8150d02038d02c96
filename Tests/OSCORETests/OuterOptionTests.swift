import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

/// Where the OSCORE option stands among the options that stay outside.
struct OuterOptionTests {
    /// The vectors have no outer option behind number 9.
    @Test(.requirement("OSC-0021"))
    func outerOptionsKeepTheirOrderOnBothSidesOfTheOSCOREOption() throws {
        let body: [UInt8] = try [
            (OptionNumber.uriHost, "h"), (.uriPort, "p"), (.uriPath, "r"), (.hopLimit, "x"), (.proxyScheme, "coap"),
        ].reduce(into: BodyWriter()) { try $0.write($1.0, $1.1) }.bytes
        var outer: [UInt8] = []
        try Plaintext.writeOuter(body: body.span, optionValue: [0x09, 0x00].span, into: &outer)
        var numbers: [OptionNumber] = []
        var reader = OptionReader(outer.span)
        while try reader.advance() { numbers.append(reader.number) }
        #expect(numbers == [.uriHost, .uriPort, .oscore, .hopLimit, .proxyScheme])
    }
}

/// Writes options into an array.
private struct BodyWriter {
    var bytes: [UInt8] = []
    private var writer = OptionWriter()

    mutating func write(_ number: OptionNumber, _ value: String) throws {
        let value = Array(value.utf8)
        writer.write(number, value.span, into: &bytes)
    }
}
