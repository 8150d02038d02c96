/// The names of the COSE Algorithms registry.
internal enum AlgorithmNames {
    internal static let encryption: [Int: String] = [
        1: "A128GCM", 2: "A192GCM", 3: "A256GCM",
        10: "AES-CCM-16-64-128", 11: "AES-CCM-16-64-256", 12: "AES-CCM-64-64-128", 13: "AES-CCM-64-64-256",
        24: "ChaCha20/Poly1305",
        30: "AES-CCM-16-128-128", 31: "AES-CCM-16-128-256", 32: "AES-CCM-64-128-128", 33: "AES-CCM-64-128-256",
        -65534: "A128CTR", -65533: "A192CTR", -65532: "A256CTR",
    ]
}
