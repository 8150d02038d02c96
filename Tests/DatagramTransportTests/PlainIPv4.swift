import Glibc
import Testing

/// Sends one byte from a plain IPv4 socket that may broadcast.
func sendOverIPv4(_ octets: [UInt8], port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &one, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: octets) }
    let sent = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            sendto(descriptor, [1], 1, 0, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    try #require(sent == 1, "sendto: \(String(cString: strerror(errno)))")
}
