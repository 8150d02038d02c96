import Bytes
import COSE
import TestSupport
import Testing

struct StructureTests {
    struct Group: Decodable {
        struct Suite: Decodable {
            let id: String
            let messages: [Message]
        }

        struct Variant: Decodable, Sendable {
            let to_be_signed: String
        }

        struct Message: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let aad_array: String
            let aad: String
            let ciphertext: String
            let to_be_signed: String?
            let variant_4_element_countersign_structure: Variant?
            var testDescription: String { name }
        }

        let suites: [Suite]

        static func messages() throws -> [Message] {
            let file: Group = try VectorFile.load("group-oscore-generated")
            return file.suites.flatMap(\.messages)
        }
    }

    struct RFC8613: Decodable {
        struct Vector: Decodable {
            let id: String
            let aad_array: String?
            let aad: String?
        }

        let vectors: [Vector]
    }

    @Test(.requirement("GOSC-0112", "GOSC-0124"), arguments: try Group.messages())
    func encStructureHasTheBytesOfTheVectors(message: Group.Message) throws {
        let externalAAD = try #require(Hex.decode(message.aad_array))
        #expect(Hex.encode(Self.encStructure(externalAAD)) == message.aad)
    }

    @Test(.requirement("OSC-0062"))
    func encStructureHasTheBytesOfRFC8613() throws {
        let file: RFC8613 = try VectorFile.load("rfc8613")
        var compared = 0
        for vector in file.vectors {
            guard let array = vector.aad_array, let aad = vector.aad else { continue }
            let externalAAD = try #require(Hex.decode(array))
            #expect(Hex.encode(Self.encStructure(externalAAD)) == aad, "\(vector.id)")
            compared += 1
        }
        #expect(compared == 5)
    }

    // The bytes of the vectors: the context string, empty buckets as h'', five items, the shortest heads.
    @Test(
        .requirement("GOSC-0114", "GOSC-0116", "GOSC-0124", "CSIG-0002", "CSIG-0003", "CSIG-0005", "CSIG-0006"),
        arguments: try Group.messages())
    func countersignStructureHasTheBytesOfTheVectors(message: Group.Message) throws {
        guard let expected = message.to_be_signed else { return }
        let externalAAD = try #require(Hex.decode(message.aad_array))
        let ciphertext = try #require(Hex.decode(message.ciphertext))
        var written: [UInt8] = []
        CountersignStructure.write(externalAAD: externalAAD.span, ciphertext: ciphertext.span, into: &written)
        #expect(Hex.encode(written) == expected)
        #expect(
            written.count
                == CountersignStructure.length(
                    externalAADLength: externalAAD.count, ciphertextLength: ciphertext.count))
    }

    @Test(.requirement("CSIG-0004", "CSIG-0005"))
    func bothReadingsHaveTheBytesOfTheVectors() throws {
        let message = try #require(try Group.messages().first { $0.variant_4_element_countersign_structure != nil })
        let externalAAD = try #require(Hex.decode(message.aad_array))
        let ciphertext = try #require(Hex.decode(message.ciphertext))
        var (four, usual): ([UInt8], [UInt8]) = ([], [])
        CountersignStructure.write(
            externalAAD: externalAAD.span, ciphertext: ciphertext.span, itemCount: .four, into: &four)
        CountersignStructure.write(externalAAD: externalAAD.span, ciphertext: ciphertext.span, into: &usual)
        #expect(Hex.encode(four) == message.variant_4_element_countersign_structure?.to_be_signed)
        #expect(Hex.encode(usual) == message.to_be_signed, "five items unless a group is told otherwise")
    }

    @Test func literalReadingHasFourItems() {
        var written: [UInt8] = []
        CountersignStructure.write(externalAAD: [1].span, ciphertext: [2].span, itemCount: .four, into: &written)
        #expect(
            written.count == CountersignStructure.length(externalAADLength: 1, ciphertextLength: 1, itemCount: .four))
        var five: [UInt8] = []
        CountersignStructure.write(externalAAD: [1].span, ciphertext: [2].span, itemCount: .five, into: &five)
        five.remove(at: 19)
        five[0] = 0x84
        #expect(written == five)
    }

    @Test(arguments: [0, 23, 24, 255, 256, 65_536])
    func announcedLengthIsTheWrittenLength(count: Int) {
        let externalAAD = [UInt8](repeating: 7, count: count)
        let whole = Self.encStructure(externalAAD)
        #expect(whole.count == EncStructure.length(externalAADLength: count))
        var inPlace: [UInt8] = []
        EncStructure.writeHead(externalAADLength: count, into: &inPlace)
        #expect(inPlace + externalAAD == whole)
    }

    private static func encStructure(_ externalAAD: [UInt8]) -> [UInt8] {
        var written: [UInt8] = []
        EncStructure.write(externalAAD: externalAAD.span, into: &written)
        return written
    }
}
