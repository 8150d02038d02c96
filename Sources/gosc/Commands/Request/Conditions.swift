import ArgumentParser
import Bytes
import CoAP

/// Options that say under which conditions a request is served.
protocol RequestConditions: ParsableArguments {
    var options: Options { get }
}

/// An ETag on the command line: 1 to 8 bytes in hexadecimal.
struct ETagArgument: Hashable, ExpressibleByArgument {
    let bytes: [UInt8]

    init?(argument: String) {
        let digits = argument.hasPrefix("0x") ? String(argument.dropFirst(2)) : argument
        guard let bytes = Hex.decode(digits), (1...8).contains(bytes.count) else { return nil }
        self.bytes = bytes
    }
}

/// Under which conditions a representation is sent.
struct ReadConditions: RequestConditions {
    @Option(
        name: [.customShort("A"), .long],
        help: ArgumentHelp(
            "The format that is wanted, by name or number, such as application/cbor or 60.", valueName: "format"))
    var accept: FormatArgument?

    @Option(
        name: .customLong("etag"),
        help: ArgumentHelp(
            "The version that is here already, 1 to 8 bytes in hex; the answer may be 2.03.", valueName: "hex"))
    var eTag: [ETagArgument] = []

    var options: Options {
        var options = Options()
        options.accept = accept?.format
        options.eTags = eTag.map(\.bytes)
        return options
    }
}

/// Under which conditions a resource is changed.
struct WriteConditions: RequestConditions {
    @Option(
        name: [.customShort("A"), .long],
        help: ArgumentHelp(
            "The format that is wanted for the answer, such as application/cbor or 60.", valueName: "format"))
    var accept: FormatArgument?

    @Option(
        help: ArgumentHelp(
            "Only if the resource is at this version, 1 to 8 bytes in hex; 4.12 if not.", valueName: "hex"))
    var ifMatch: [ETagArgument] = []

    @Flag(help: "Only if the resource exists.")
    var ifExists = false

    @Flag(help: "Only if the resource does not exist.")
    var ifNoneMatch = false

    func validate() throws {
        guard !ifNoneMatch || (ifMatch.isEmpty && !ifExists) else {
            throw ValidationError("--if-none-match excludes --if-match and --if-exists.")
        }
    }

    var options: Options {
        var options = Options()
        options.accept = accept?.format
        options.ifMatch = ifMatch.map(\.bytes) + (ifExists ? [[]] : [])
        options.ifNoneMatch = ifNoneMatch
        return options
    }
}
