import Foundation
import Testing

/// Contexts and command lines that make no sense in a group: each is refused, and nothing is made. Those of plain OSCORE
/// are in `CommandTable/commands.json`.
@Suite(.timeLimit(.minutes(2)))
struct UnmanagedInputProcessTests {
    private let laboratory: Laboratory
    private let context: String

    init() throws {
        laboratory = try Laboratory()
        context = try String(contentsOf: Laboratory.contexts.appending(path: "group.json"), encoding: .utf8)
    }

    @Test func contextsThatAreWrongSayWhere() throws {
        for (changed, id, message) in [
            (context, "99", "\"members\" has no \"id\" 99; it has 01, 25, 52"),
            (context, "", "\"members\" has no \"id\" ''; it has 01, 25, 52"),
            (
                context.replacing(#/, "private_key": "(25)+"/#, with: ""), "25",
                "\"private_key\" of member 25 is missing in \"members\""
            ),
            (context.replacing("\"2525", with: "\"2526"), "25", "\"private_key\" of member 25 belongs to another key"),
            (context.replacing("\"aead\": 10", with: "\"aead\": 99"), "25", "an algorithm in \"algs\" is unknown"),
            (context.replacing("\"sign\": -8", with: "\"sign\": \"EdDSA\""), "25", "\"algs.sign\" must be an integer"),
            (
                context.replacing("\"a202716c61626f7261746f7279206c616d702032", with: "\"a3"), "25",
                "\"cred\" of member 52"
            ),
            (
                context.replacing("\"id\": \"52\"", with: "\"id\": \"25\""), "25",
                "\"members[2].id\" belongs to a member"
            ),
            (context.replacing("\"gid\": \"dd11\",", with: ""), "25", "\"context\" needs \"gid\" for a group"),
            (String(context.dropLast(20)), "25", "not JSON: "),
            ("[]", "25", "not a JSON object"),
        ] {
            let outcome = try laboratory.gosc.run(
                ["node", "init", "--context", "-", "--as", id, "--state", "new"], input: changed)
            #expect(outcome.exitCode == 65, "\(message): \(outcome)")
            #expect(
                outcome.errors.hasPrefix("gosc: standard input: ") && outcome.errors.contains(message), "\(outcome)")
            // What is refused is not repeated: there are keys in it.
            #expect(!outcome.errors.contains("0102030405") && !outcome.errors.contains("252525"), "\(outcome)")
            #expect(outcome.output == "")
        }
        #expect(!FileManager.default.fileExists(atPath: laboratory.gosc.folder.appending(path: "new").path))
    }

    @Test func whomARequestIsForHasToMakeSense() throws {
        try laboratory.member("01", "switch")
        for (words, exitCode, message) in [
            ("get coap://[::1]/hello", 64, "is one member of the group dd11; say which: --peer ID"),
            ("get coap://[ff35::1234]/hello --interface lo --mode pairwise", 64, "pairwise mode is for one member"),
            ("get coap://[::1]/hello --peer 77", 65, "the group dd11 has no member 77; there is 25, 52"),
            ("get coap://[::1]/hello --peer 01", 65, "01 is this member itself"),
            ("get coap://[::1]/hello --peer lamp", 64, "at most 7 bytes in hex"),
            ("observe coap://[::1]/light", 64, "say which: --peer ID"),
        ] as [(String, Int32, String)] {
            let outcome = try laboratory.request(words)
            #expect(outcome.exitCode == exitCode, "\(words): \(outcome)")
            #expect(outcome.errors.contains(message), "\(words): \(outcome)")
        }
        for (words, message) in [
            ("--group ::1", "The multicast address"), ("--group ff0e::1 --interface lo", "reaches beyond this site"),
            ("--no-lamp", "--lamp: only for nodes that have joined"),
            ("--hop-limit 1 --lamp", "--lamp, --hop-limit: only for nodes that have joined"),
        ] {
            let outcome = try laboratory.request("node run \(words)")
            #expect([64, 65].contains(outcome.exitCode), "\(words): \(outcome)")
            #expect(outcome.errors.contains(message), "\(words): \(outcome)")
        }
    }

    /// A group without one of the modes.
    @Test func modesThatTheGroupLacksAreRefused() throws {
        for (name, fields, request, message) in [
            (
                "no-pairwise", ["\"aead\": 10, ": "", ", \"key_agreement\": -27": ""],
                "get coap://[::1]/hello --peer 25 --mode pairwise",
                "the group dd11 has no pairwise mode; use --mode group"
            ),
            (
                "no-group", ["\"group_enc\": 10, ": "", ", \"sign\": -8": ""],
                "get coap://[ff35::1234]/hello --interface lo", "the group dd11 has no group mode; ask one member"
            ),
        ] {
            let changed = fields.reduce(context) { $0.replacing($1.key, with: $1.value) }
            let made = try laboratory.gosc.run(
                ["node", "init", "--context", "-", "--as", "01", "--state", name], input: changed)
            #expect(made.exitCode == 0, "\(made)")
            let outcome = try laboratory.request(request, as: name)
            #expect(outcome.exitCode == 64, "\(outcome)")
            #expect(outcome.errors.contains(message), "\(outcome)")
            let answer = name == "no-group" ? "group" : "pairwise"
            let run = try laboratory.request("node run --answer \(answer)", as: name)
            #expect(run.exitCode == 64)
            #expect(run.errors.contains("the group dd11 has no \(answer) mode"), "\(run)")
        }
    }

    /// Of others nothing is kept that this member does not need.
    @Test func thePrivateKeysOfOthersAreNotNeeded() throws {
        let without = context.replacing(#/, "private_key": "(01|52)+"/#, with: "")
        let made = try laboratory.gosc.run(
            ["node", "init", "--context", "-", "--as", "25", "--state", "lamp", "--output", "json"], input: without)
        #expect(made.exitCode == 0, "\(made)")
        let object = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
        #expect(object?["unmanaged"] as? Bool == true)
        #expect(object?["group_id"] as? String == "dd11")
        #expect(object?["sender_id"] as? String == "25")
        #expect(object?["members"] as? [String] == ["01", "52"])
    }
}
