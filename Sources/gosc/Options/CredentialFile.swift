import ArgumentParser
import COSE
import Foundation
import Glibc
import MemberNode
import ServiceShell

#if X509
    import X509Credentials
#endif

/// A credential in a file: bytes as they are distributed, or PEM.
enum CredentialFile {
    /// The longest; a long chain has some ten kilobytes.
    private static let limit = 1 << 18

    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        let file =
            path == "-"
            ? try TextFile.bytes(STDIN_FILENO, name: "standard input", limit: limit)
            : try TextFile.bytes(path, what: "credential file", limit: limit)
        #if X509
            do throws(CredentialError) {
                return try CertificateFile.credential(in: file)
            } catch {
                let name = path == "-" ? "standard input" : "credential file \(path)"
                throw CommandFailure(.badInput, "\(name): PEM that is damaged, or has no certificate")
            }
        #else
            return file
        #endif
    }
}

extension CredentialReader {
    /// Reads every format that this build can.
    static var available: Self {
        #if X509
            .withX509
        #else
            .standard
        #endif
    }
}

extension CredentialMakers {
    /// Makes every format that this build can.
    static var available: Self {
        #if X509
            .withX509
        #else
            .standard
        #endif
    }
}

extension NodeCredentials {
    /// Every format that this build can read, and make.
    static var available: Self { Self(reader: .available, makers: .available) }
}

/// A name of the COSE Header Parameters registry, or a label.
struct CredentialFormatName: ExpressibleByArgument {
    let format: CredentialFormat

    static var allValueStrings: [String] { CredentialFormat.known.map(\.name) }

    init?(argument: String) {
        if let known = CredentialFormat.known.first(where: { $0.name == argument }) {
            format = known
        } else if let label = Int(argument) {
            format = CredentialFormat(rawValue: label)
        } else {
            return nil
        }
    }
}

/// A time at which a credential is to be valid.
struct ValidityTime: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        guard let seconds = argument == "now" ? Int64(Date().timeIntervalSince1970) : Int64(argument) else {
            return nil
        }
        self.seconds = seconds
    }
}
