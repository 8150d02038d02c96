import ArgumentParser
import CoAP
import Glibc

/// The body of a request.
struct PayloadOptions: ParsableArguments {
    @Option(name: [.customShort("e"), .long], help: ArgumentHelp("The body, a text.", valueName: "text"))
    var payload: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("A file with the body; - is standard input.", valueName: "file"))
    var payloadFile: String?

    @Option(
        name: [.customShort("t"), .long],
        help: ArgumentHelp(
            "The format of the body, by name or number (default: text/plain for --payload, else "
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

    /// The body and its format; both empty if none was given.
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
