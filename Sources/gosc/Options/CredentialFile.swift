import ArgumentParser
import COSE
import Glibc
import ServiceShell

#if X509
    import X509Credentials
#endif

/// A credential in a file: bytes as they are distributed, or PEM.
enum CredentialFile {
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        let file =
            path == "-"
            ? try TextFile.bytes(STDIN_FILENO, name: "standard input")
            : try TextFile.bytes(path, what: "credential file")
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

/// A name of the COSE Header Parameters registry, or a label.
struct CredentialFormatName: ExpressibleByArgument {
    let format: CredentialFormat

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
