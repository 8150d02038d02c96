import Foundation
import TestSupport
import Testing

/// Groups whose members need other keys or credentials than an Ed25519 key in a claims set, from their file to the members.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct GroupKindProcessTests {
    @Test(.requirement("GM-0133", "GM-0145")) func twoNodesJoinWithoutAnySignature() throws {
        let gosc = try GoscProgram()
        try Data("name: doors\nmodes: [pairwise]\nalgorithms: {curve: P-256}\n".utf8)
            .write(to: gosc.folder.appending(path: "doors.yaml"))
        try gosc.succeed("manager init --group doors.yaml")
        let manager = try gosc.start(["manager", "run"])
        defer { manager.stop() }
        let group = try object(gosc, "group show doors --wait 60s --output json")
        #expect(group["modes"] as? [String] == ["pairwise"])
        #expect(group["keys"] as? String == "P-256")
        #expect(group["key_agreement"] as? String == "ECDH-SS + HKDF-256")
        #expect(group["signature"] as? String == nil)
        for (name, role) in [("door", "responder"), ("panel", "requester")] {
            try gosc.succeed("member invite doors \(name) --role \(role) --out \(name).txt")
            try gosc.succeed("node join --state \(name) --invitation-file \(name).txt")
        }
        let members = try gosc.succeed("member list doors").output
        #expect(members.contains("door") && members.contains("panel"))

        let door = try gosc.start(["node", "run", "--state", "door"])
        defer { #expect(door.stop() == 0) }
        let status = try object(gosc, "node status --state door --wait 60s --output json")
        #expect(status["modes"] as? [String] == ["pairwise"])
        // How a running node sends was said when it was started.
        let late = try gosc.run([
            "send", "doors", "light", "on", "--state", "door", "--port", "5690", "--interface", "lo",
        ])
        #expect(late.exitCode == 64)
        #expect(late.errors.contains("--interface, --port: the node in door runs"), "\(late.errors)")
        // What is for all of them does not exist.
        let send = try gosc.run(["send", "doors", "light", "on", "--state", "panel"])
        #expect(send.exitCode == 1)
        #expect(send.errors.contains("the group has pairwise mode alone"), "\(send.errors)")
    }

    /// Nodes with ECDSA keys, in certificates and tokens that they issue for themselves.
    @Test func nodesMakeTheCredentialsOfTheirGroup() throws {
        let gosc = try GoscProgram()
        try gosc.succeed("manager init")
        let manager = try gosc.start(["manager", "run"])
        defer { manager.stop() }
        #if X509
            let formats = ["kcwt", "c5c", "x5chain"]
        #else
            let formats = ["kcwt", "c5c"]
        #endif
        for format in formats {
            let group = "group-\(format)"
            let text = """
                name: \(group)
                modes: [group, pairwise]
                credential_format: \(format)
                algorithms: {signature: ES256}
                """
            try Data(text.utf8).write(to: gosc.folder.appending(path: "\(group).yaml"))
            try gosc.succeed("group create --file \(group).yaml --wait 60s")
            for (name, role) in [("lamp", "responder"), ("switch", "requester")] {
                let state = "\(name)-\(format)"
                try gosc.succeed("member invite \(group) \(name) --role \(role) --out \(state).txt")
                try gosc.succeed("node join --state \(state) --invitation-file \(state).txt")
            }
            let lamp = try gosc.start(["node", "run", "--state", "lamp-\(format)"])
            defer { #expect(lamp.stop() == 0) }
            try gosc.succeed("node status --state lamp-\(format) --wait 60s")
            try gosc.succeed("send \(group) light on --state switch-\(format)")
            let status = try object(gosc, "node status --state lamp-\(format) --output json")
            #expect(status["lamp_is_on"] as? Bool == true, "\(format)")
            #expect(status["modes"] as? [String] == ["group", "pairwise"])
        }
    }

    private func object(_ gosc: GoscProgram, _ words: String) throws -> [String: Any] {
        let output = try gosc.succeed(words).output
        return try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}
