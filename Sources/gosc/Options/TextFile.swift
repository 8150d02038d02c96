import Foundation
import Glibc
import ServiceShell

/// Files that an operator names.
enum TextFile {
    /// The longest file that is read; a group file has a few kilobytes.
    static let limit = 1 << 20

    /// Reads a UTF-8 text.
    ///
    /// - Parameter what: Such as `group file`, for errors.
    static func read(_ path: String, what: String) throws(CommandFailure) -> String {
        try text(bytes(path, what: what), name: "\(what) \(path)")
    }

    /// Reads a UTF-8 text to its end.
    ///
    /// - Parameter name: For errors.
    static func read(_ descriptor: Int32, name: String) throws(CommandFailure) -> String {
        try text(bytes(descriptor, name: name), name: name)
    }

    private static func text(_ bytes: [UInt8], name: String) throws(CommandFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.badInput, "\(name) is not a UTF-8 text")
        }
        return text
    }

    /// Reads whatever it holds.
    static func bytes(_ path: String, what: String, limit: Int = limit) throws(CommandFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw CommandFailure(
                code == EACCES ? .notAuthorised : .badInput,
                "cannot read \(what) \(path): \(String(cString: strerror(code)))",
                hint: code == EACCES ? "check its permissions" : "check its name")
        }
        defer { close(descriptor) }
        return try bytes(descriptor, name: "\(what) \(path)", limit: limit)
    }

    /// Reads whatever comes, to its end.
    static func bytes(_ descriptor: Int32, name: String, limit: Int = limit) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.badInput, "cannot read \(name): \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw CommandFailure(.badInput, "\(name) is longer than \(limit) bytes")
            }
        }
        return bytes
    }
}
