import Bytes
import CoAP

/// A CoAP datagram, taken apart: header, and options with payload.
struct PlainDatagram {
    var header: DatagramHeader
    /// Options, then 0xff and the payload if there is one.
    var body: [UInt8]

    init(header: DatagramHeader, body: [UInt8]) {
        self.header = header
        self.body = body
    }

    /// - Parameter field: Where it stands in the line.
    init(decoding datagram: [UInt8], field: String = "message") throws(WorkbenchFailure) {
        do throws(CoAPFormatError) {
            let (header, offset) = try DatagramCodec.decode(datagram.span)
            let body = Array(datagram[offset...])
            try DatagramCodec.checkBody(body.span)
            self.header = header
            self.body = body
        } catch {
            throw WorkbenchFailure(.decode, "\"\(field)\" is not a CoAP message: \(Self.reason(error))")
        }
    }

    /// Checks that the message goes the way that the line says.
    func require(_ direction: MessageDirection, field: String = "message") throws(WorkbenchFailure) {
        let fits = direction == .request ? header.code.isRequest : header.code.isResponse
        guard !fits else { return }
        throw WorkbenchFailure(
            .decode, "\"\(field)\" has the Code \(header.code), which is no \(direction.rawValue): check \"direction\"")
    }

    /// The same header around another Code and body.
    func encoded(code: Code, body: [UInt8]) -> String {
        var header = header
        header.code = code
        var datagram: [UInt8] = []
        DatagramCodec.encode(header, body: body.span, into: &datagram)
        return Hex.encode(datagram)
    }

    private static func reason(_ error: CoAPFormatError) -> String {
        switch error {
        case .truncatedHeader: "it is shorter than the header of four bytes"
        case .unsupportedVersion: "its version is not 1"
        case .reservedTokenLength: "its token length is 9 or more"
        case .truncatedToken: "it ends within the token"
        case .contentInEmptyMessage: "its Code is 0.00, yet it has a token, options or a payload"
        case .reservedOptionNibble: "an option begins with a nibble of 15"
        case .truncatedOption: "it ends within an option"
        case .optionNumberOverflow: "an option number is above 65535"
        case .missingPayload: "nothing follows the payload marker"
        }
    }
}
