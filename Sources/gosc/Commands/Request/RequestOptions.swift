import ArgumentParser
import Bytes
import CoAP
import CoAPEngine
import DatagramTransport
import GoscKit
import ServiceShell

/// What every request takes: where to, how, and how long to wait.
struct RequestOptions: ParsableArguments {
    @Argument(help: "Such as coap://[2001:db8::1]/light or, for a group, coap://[ff02::fd%25eth0]/light.")
    var uri: String

    @Option(
        help: ArgumentHelp(
            "How long to wait; for a group: how long to collect (default: 10s for a group, "
                + "else 90s).", valueName: "time"))
    var timeout: TimeSpan?

    @Flag(name: .shortAndLong, help: "Send non-confirmable, once. To a group this is always so.")
    var non = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The interface for a group or link-local address without zone.", valueName: "name"))
    var interface: String?

    @Option(help: ArgumentHelp("How many routers a request to a group passes, 0 to 255.", valueName: "n"))
    var hops: UInt8 = 1

    @Option(
        help: ArgumentHelp("The size of blocks: 16, 32, 64, 128, 256, 512 or 1024 bytes.", valueName: "bytes"))
    var blockSize: BlockSizeArgument?

    @Option(
        name: [.customShort("O"), .long],
        help: ArgumentHelp(
            "A further option: number,text or number,0xhex; such as 2050,hello. May be repeated.", valueName: "option"))
    var option: [ExtraOption] = []

    @Flag(help: "Warn if a request to a group does not fit one frame of a 6LoWPAN.")
    var lowpan = false

    @OptionGroup var output: OutputOptions

    /// The interface as the kernel numbers it.
    func interfaceIndex() throws -> InterfaceIndex {
        guard let interface else { return .unspecified }
        do {
            return try InterfaceTable.index(named: interface)
        } catch {
            throw CommandFailure(.badInput, "\(error)", hint: "see: ip link")
        }
    }
}

/// The size of blocks on the command line.
struct BlockSizeArgument: Hashable, ExpressibleByArgument {
    let size: BlockSize

    init?(argument: String) {
        guard let count = Int(argument), let size = BlockSize.allCases.first(where: { $0.byteCount == count }) else {
            return nil
        }
        self.size = size
    }
}

/// An option by its number: `2050,text` or `2050,0x0102`; without comma its value is empty.
struct ExtraOption: Hashable, ExpressibleByArgument {
    let number: OptionNumber
    let value: [UInt8]

    init?(argument: String) {
        let parts = argument.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = UInt16(parts[0]) else { return nil }
        self.number = OptionNumber(rawValue: number)
        guard parts.count == 2 else {
            value = []
            return
        }
        if parts[1].hasPrefix("0x") {
            guard let bytes = Hex.decode(String(parts[1].dropFirst(2))) else { return nil }
            value = bytes
        } else {
            value = Array(parts[1].utf8)
        }
    }
}

/// A content format by name or number: `text/plain`, `application/cbor`, `60`.
struct FormatArgument: Hashable, ExpressibleByArgument {
    let format: ContentFormat

    init?(argument: String) {
        guard let format = ContentFormat(name: argument) else { return nil }
        self.format = format
    }
}
