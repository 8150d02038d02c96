import ArgumentParser
import Bytes
import CoAP
import CoAPEngine
import DatagramTransport
import GoscKit
import ServiceShell

/// What every request takes: where to, how, and how long to wait.
struct RequestOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Such as 'coap://[2001:db8::1]/light' or, for a group, 'coap://[ff02::fd%25eth0]/light'; in quotes, since "
                + "shells expand [ ] ? and &."))
    var uri: String

    @Option(
        help: ArgumentHelp(
            "How long to wait; for a group: how long to collect, \(TimeSpan.form) (default: 10s for a group, else 90s).",
            valueName: "time"))
    var timeout: TimeSpan?

    @Flag(name: .shortAndLong, help: "Send non-confirmable, once. To a group this is always so.")
    var non = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The interface for a group or link-local address without zone.", valueName: "name"))
    var interface: String?

    @Option(
        help: ArgumentHelp(
            "How far a request to a group goes: 0 this host, 1 this link, up to 255 (default: 1).", valueName: "n"))
    var hops: UInt8?

    @Option(
        help: ArgumentHelp("The size of blocks: 16, 32, 64, 128, 256, 512 or 1024 bytes.", valueName: "bytes"))
    var blockSize: BlockSizeArgument?

    @Option(
        name: [.customShort("O"), .long],
        help: ArgumentHelp(
            "A further option: number,text or number,0xhex, or a plain number where that is what the option holds; "
                + "such as 2050,hello or 14,60. May be repeated.", valueName: "option"))
    var option: [ExtraOption] = []

    @Flag(help: "Warn if a request to a group does not fit one frame of a 6LoWPAN.")
    var lowpan = false

    @OptionGroup(title: "As a member") var member: MemberOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard timeout?.milliseconds != 0 else { throw ValidationError("--timeout must be more than 0.") }
    }

    /// How an endpoint for the request is set up.
    func configuration(_ interface: InterfaceIndex) -> EndpointConfiguration {
        var configuration = EndpointConfiguration()
        configuration.multicastInterface = interface
        configuration.multicastHopLimit = hops ?? 1
        return configuration
    }

    /// Says which options have no effect on a request.
    func noteWithoutEffect(on target: Destination, _ interface: InterfaceIndex, _ printer: Printer) {
        var names: [String] = []
        if !target.isGroup {
            if hops != nil { names.append("--hops") }
            if lowpan { names.append("--lowpan") }
            if interface != .unspecified, target.address.interface == .unspecified { names.append("--interface") }
        } else if non {
            names.append("--non")
        }
        if interface != .unspecified, target.address.interface != .unspecified, target.address.interface != interface {
            names.append("--interface")
        }
        guard !names.isEmpty else { return }
        let whom = target.isGroup ? "this group" : "one server at \(target.address)"
        printer.notice("\(names.joined(separator: ", ")) without effect on a request to \(whom)")
    }

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

/// An option by its number: `2050,text`, `2050,0x0102` or, where the option holds a number, `14,60`; without comma its
/// value is empty.
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
        } else if self.number.isUnsigned {
            guard let count = UInt64(parts[1]), let bytes = Self.shortest(count),
                let lengths = self.number.valueLengths,
                lengths.contains(bytes.count)
            else { return nil }
            value = bytes
        } else {
            value = Array(parts[1].utf8)
        }
    }

    /// The `uint` format of option values (RFC 7252 §3.2).
    private static func shortest(_ number: UInt64) -> [UInt8]? {
        var options = Options()
        options.append(.size1, uint: number)
        return options.first(of: .size1)
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
