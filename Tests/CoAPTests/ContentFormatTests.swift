import CoAP
import Testing

struct ContentFormatTests {
    @Test(
        arguments: [
            ("text/plain", 0), ("text/plain; charset=UTF-8", 0), ("0", 0), ("application/cbor", 60), ("cbor", 60),
            ("CBOR", 60), ("60", 60), ("061", 61), ("65535", 65535), ("link-format", 40), ("xml", 41),
            ("octet-stream", 42),
            ("exi", 47), ("json", 50), ("json-patch+json", 51), ("merge-patch+json", 52), ("cwt", 61),
            ("senml+json", 110),
            ("senml+cbor", 112), ("ace+cbor", 19), ("application/ace-groupcomm+cbor", 261), ("oscore", 10001),
            ("concise-problem-details+cbor", 257), ("image/png", 23),
        ] as [(String, UInt16)])
    func formatsAreFoundByWhatPeopleWrite(text: String, number: UInt16) throws {
        #expect(try #require(ContentFormat(name: text)).rawValue == number)
    }

    @Test(arguments: [
        "", "65536", "-1", "+1", "plain", "application/", "application/text/plain", "cbo", "0x3c", "png", "٣",
    ])
    func whatIsNoFormatIsNone(text: String) {
        #expect(ContentFormat(name: text) == nil)
    }

    @Test func everyNumberHasANameThatLeadsBack() {
        for number in UInt16.min...UInt16.max where number < 400 || number.isMultiple(of: 997) || number == 10001 {
            let format = ContentFormat(rawValue: number)
            #expect(ContentFormat(name: format.name) == format)
        }
        #expect(ContentFormat.cbor.name == "application/cbor")
        #expect(ContentFormat(rawValue: 999).name == "999")
        #expect(ContentFormat.textPlain.name == "text/plain")
    }

    @Test func mediaTypesAreThoseOfTheRegistry() {
        let table: [(ContentFormat, String)] = [
            (.textPlain, "text/plain;charset=utf-8"), (.ace, "application/ace+cbor"),
            (.linkFormat, "application/link-format"), (.xml, "application/xml"),
            (.octetStream, "application/octet-stream"), (.json, "application/json"),
            (.jsonPatch, "application/json-patch+json"), (.mergePatch, "application/merge-patch+json"),
            (.cbor, "application/cbor"), (.cwt, "application/cwt"), (.senmlJSON, "application/senml+json"),
            (.senmlCBOR, "application/senml+cbor"), (.problemDetails, "application/concise-problem-details+cbor"),
            (.aceGroupcomm, "application/ace-groupcomm+cbor"), (.oscore, "application/oscore"),
            (ContentFormat(rawValue: 65000), "application/coap-payload;cf=65000"),
        ]
        for (format, mediaType) in table { #expect(format.mediaType == mediaType) }
    }
}
