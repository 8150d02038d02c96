import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives
import Foundation
import GroupManager
import ServiceShell

/// What a file says about an authorization server whose tokens count.
struct AuthorizationServerFile {
    /// How its tokens are protected.
    enum Key {
        /// With a key that it shares with the manager.
        case shared(SecretField)
        /// With its signature, and encrypted to the manager's key.
        case signed(PublicKey)
    }

    let issuer: String
    let uri: String?
    let key: Key

    init(contentsOf path: String) throws(CommandFailure) {
        let text = try TextFile.read(path, what: "authorization server file")
        let map = try YAMLMap(
            YAMLMap.root(of: text, path: path), what: "an authorization server",
            allowed: ["issuer", "uri", "shared-key-file", "public-key"],
            path: path)
        guard
            let issuer = try map.value(
                "issuer", "the name in its tokens, other than the manager's own",
                {
                    $0.isEmpty || $0 == ClientIdentity.embeddedIssuer || $0.contains { $0.isNewline } ? nil : $0
                })
        else { throw CommandFailure(.badInput, "\(path): the key 'issuer' is missing") }
        self.issuer = issuer
        uri = try map.value("uri", "a URI such as coap://as.example/token", { Self.isURI($0) ? $0 : nil })
        let file = try map.value("shared-key-file", "the name of a file", { $0.isEmpty ? nil : $0 })
        let publicKey = try map.value(
            "public-key", "'ed25519:' with 32 bytes in hex, or 'p256:' with 64", Self.publicKey)
        switch (file, publicKey) {
        case (let file?, nil): key = .shared(try Self.sharedKey(Self.beside(path, file)))
        case (nil, let publicKey?): key = .signed(publicKey)
        default:
            throw CommandFailure(.badInput, "\(path): there must be one of 'shared-key-file' and 'public-key'")
        }
    }

    /// Any scheme, because clients read it and not the manager.
    private static func isURI(_ text: String) -> Bool {
        URLComponents(string: text, encodingInvalidCharacters: false).map {
            $0.scheme != nil && $0.host?.isEmpty == false
        } ?? false
    }

    /// A file named without a directory lies beside the one that names it.
    private static func beside(_ path: String, _ file: String) -> String {
        guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
        return path[...slash] + file
    }

    /// 16 bytes for AES-CCM-16-64-128, in hex.
    private static func sharedKey(_ path: String) throws(CommandFailure) -> SecretField {
        let text = try TextFile.read(path, what: "key file")
        guard var key = Hex.decode(text.filter { !$0.isWhitespace }), key.count == 16 else {
            throw CommandFailure(
                .badInput, "the key file \(path) does not hold 16 bytes in hex", hint: "openssl rand -hex 16 makes one")
        }
        guard let status = FileStatus(path: path), status.permissions & 0o077 == 0 else {
            throw CommandFailure(
                .configuration, "others than its owner may read the key file \(path)", hint: "chmod 600 \(path)")
        }
        return SecretField(wiping: &key)
    }

    private static func publicKey(_ text: String) -> PublicKey? {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let bytes = Hex.decode(parts[1]) else { return nil }
        switch parts[0] {
        case "ed25519": return (try? Ed25519PublicKey(bytes.span)).map(PublicKey.ed25519)
        case "p256" where bytes.count == 64:
            let (x, y) = (Array(bytes[..<32]), Array(bytes[32...]))
            return (try? ECPublicKey(.p256, x: x.span, y: y.span)).map(PublicKey.ec)
        default: return nil
        }
    }
}
