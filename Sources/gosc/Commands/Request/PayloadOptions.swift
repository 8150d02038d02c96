import ArgumentParser
import CoAP
import Glibc

/// Options that say what the body of a request is.
protocol RequestBody: ParsableArguments {
    /// The body and its format; both empty if there is none.
    func body() throws(CommandFailure) -> (bytes: [UInt8], format: ContentFormat?)
}

/// Of methods that have no body.
struct NoBody: RequestBody {
    func body() -> (bytes: [UInt8], format: ContentFormat?) { ([], nil) }
}

/// The body of a request.
struct PayloadOptions: RequestBody {
    @Option(name: [.customShort("e"), .long], help: ArgumentHelp("The body, a text.", valueName: "text"))
    var payload: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("A file with the body; - is standard input.", valueName: "file"))
    var payloadFile: String?

    @Option(
        name: [.customShort("t"), .long],
        help: ArgumentHelp(
            "The format of the body, by name or number such as application/cbor or 60 (default: text/plain for --payload, else "
                + "application/octet-stream).", valueName: "format"))
    var contentFormat: FormatArgument?

    func validate() throws {
        guard payload == nil || payloadFile == nil else {
            throw ValidationError("Give one of --payload and --payload-file.")
        }
        guard contentFormat == nil || payload != nil || payloadFile != nil else {
            throw ValidationError("--content-format needs --payload or --payload-file.")
        }
    }

    func body() throws(CommandFailure) -> (bytes: [UInt8], format: ContentFormat?) {
        if let payload { return (Array(payload.utf8), contentFormat?.format ?? .textPlain) }
        guard let payloadFile else { return ([], nil) }
        let bytes =
            payloadFile == "-"
            ? try TextFile.bytes(STDIN_FILENO, name: "standard input", limit: Self.limit)
            : try TextFile.bytes(payloadFile, what: "payload file", limit: Self.limit)
        return (bytes, contentFormat?.format ?? .octetStream)
    }

    /// A body has at most 2^20 blocks; this is the longest that servers can be expected to take.
    private static let limit = 16 << 20
}
