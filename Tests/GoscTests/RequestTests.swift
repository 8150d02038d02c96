import Bytes
import CoAP
import Foundation
import TestSupport
import Testing

@testable import gosc

/// What the commands for plain requests decide before anything is sent.
struct RequestTests {
    @Test(.requirement("COAP-0117"), arguments: ["lamp.example", "localhost", "gm.example:5683"])
    func membersAreConfiguredWithAddressLiterals(name: String) {
        // A name could be bound to another address later; so none is taken at all.
        #expect(AddressArgument(argument: name) == nil)
        #expect(EndpointArgument(argument: name) == nil)
    }

    @Test(.requirement("COAP-0105"))
    func groupsOnOneAddressWithDifferentPortsAreNamed() throws {
        func file(_ name: String, _ address: String, _ port: Int) throws -> GroupFile {
            try GroupFile(parsing: "name: \(name)\naddress: \(address)\nport: \(port)\n", path: "\(name).yaml")
        }
        let files = [
            try file("a", "ff35:30:fd00::1", 5683), try file("b", "ff35:30:fd00::1", 61616),
            try file("c", "ff35:30:fd00::2", 61616), try file("d", "ff35:30:fd00::1", 5683),
        ]
        let warnings = SharedAddresses.warnings(files)
        #expect(warnings.count == 2)
        #expect(warnings[0].hasPrefix("groups a and b share the address ff35:30:fd00::1"))
        #expect(warnings[1].hasPrefix("groups b and d share"))
    }

    @Test func whatOthersHaveSentDoesNotSteerTheTerminal() {
        let steering = Array("x\u{1b}[31mRED\u{1b}]0;title\u{7}".utf8)
        // Bytes come out as they are, and on a terminal as their digits, also where they are UTF-8.
        for bytes in [steering, [1, 2, 3, 4], [0xff, 0x00]] {
            #expect(PayloadText.shown(bytes, .octetStream, onTerminal: false) == bytes)
            let shown = PayloadText.shown(bytes, .octetStream, onTerminal: true)
            #expect(shown.starts(with: Array("0x".utf8)) && shown.count == 2 * bytes.count + 3)
            #expect(shown.dropLast().allSatisfy { (0x20...0x7e).contains($0) })
        }
        for format in [ContentFormat.textPlain, .json, .linkFormat, .cbor] {
            let shown = PayloadText.shown(steering, format, onTerminal: true)
            #expect(shown.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "\(format)")
        }
        // Lines and tabs stay what they are, whatever a line ends with.
        let text = Array("a\r\nb\tc\rd\n".utf8)
        #expect(PayloadText.shown(text, .textPlain, onTerminal: true) == Array("a\nb\tc\\u{d}d\n".utf8))
        #expect(PayloadText.shown(text, .textPlain, onTerminal: false) == text)
        #expect(PayloadText.shown([], .octetStream, onTerminal: true).isEmpty)
    }

    @Test(.requirement("COAP-0128"))
    func requestsThatDoNotFitAFrameAreWarnedOf() {
        #expect(FrameBudget.warning(Message(code: .put, payload: Array(repeating: 0, count: 67))) == nil)
        #expect(
            FrameBudget.warning(Message(code: .put, payload: Array(repeating: 0, count: 68)))?.contains("81") == true)
    }

    @Test func optionsAreNumbersWithValues() throws {
        #expect(ExtraOption(argument: "2050,hello")?.value == Array("hello".utf8))
        #expect(ExtraOption(argument: "2050,0x0aff")?.value == [0x0a, 0xff])
        #expect(ExtraOption(argument: "2050")?.value == [])
        #expect(ExtraOption(argument: "2050,0x0")?.value == nil)
        #expect(ExtraOption(argument: "65536,a") == nil)
        // Max-Age and Accept hold numbers, in as few bytes as they need.
        #expect(ExtraOption(argument: "14,60")?.value == [60])
        #expect(ExtraOption(argument: "14,0")?.value == [])
        #expect(ExtraOption(argument: "17,1000")?.value == [0x03, 0xe8])
        #expect(ExtraOption(argument: "17,0x3c")?.value == [0x3c])
        #expect(ExtraOption(argument: "17,65536") == nil)
        #expect(ExtraOption(argument: "14,soon") == nil)
        #expect(BlockSizeArgument(argument: "64")?.size == .bytes64)
        #expect(BlockSizeArgument(argument: "100") == nil)
        #expect(ETagArgument(argument: "0x0102")?.bytes == [1, 2])
        #expect(ETagArgument(argument: "") == nil)
        #expect(ETagArgument(argument: "010203040506070809") == nil)
    }

    @Test func bodiesAreShownByTheirFormat() {
        #expect(PayloadText.text([0xa1, 0x61, 0x61, 0x01], .cbor) == "{\"a\": 1}")
        #expect(PayloadText.text(Array("21 °C".utf8), .textPlain) == "21 °C")
        #expect(PayloadText.text([0xff, 0xfe], .octetStream) == nil)
        #expect(PayloadText.text(Array("ABCDE".utf8), .octetStream) == nil)
        // What only says that it is CBOR is shown as what it is.
        #expect(PayloadText.text([0xff], .cbor) == nil)
        #expect("a\u{1b}[2J\nb".printableLines == "a\\u{1b}[2J\nb")
    }
}
