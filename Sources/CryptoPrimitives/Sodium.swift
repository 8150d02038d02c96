import CSodium

/// libsodium chooses its implementations once; every entry into it passes here first.
internal enum Sodium {
    private static let status = sodium_init()

    @inline(__always)
    internal static func requireReady() throws(CryptoError) {
        guard status >= 0 else { throw .backendFailure }
    }
}
