import Bytes

/// What the command line asks for.
struct Arguments {
    /// The OSCORE contexts of the server that the test specification names.
    enum Context: String {
        /// Without ID Context; the client has A.
        case b
        /// With ID Context; the client has C.
        case d
        /// None: a server that knows nothing of OSCORE, for test 16.
        case none
    }

    var address = IPv6Address.unspecified
    var port: UInt16 = 5683
    var contexts: Set<Context> = []
    /// Interfaces on which "All CoAP Nodes" is joined.
    var interfaces: [String] = []
    /// Between two changes of a resource that changes by itself, in milliseconds.
    var interval = 2_000
    /// Over how long answers to a group are spread, in milliseconds; the default of RFC 7252.
    var leisure = 5_000
    /// What addresses get that may be forged. The test specifications expect direct answers.
    var challenges = false
    /// Whether only the usage is wanted.
    var wantsHelp = false

    static let usage = """
        usage: gosc-plugtest [--bind ADDRESS] [--port PORT] [--oscore-context b|d|none]... [--multicast INTERFACE]...
                             [--interval MILLISECONDS] [--leisure MILLISECONDS] [--challenge]

        Serves the resources of the ETSI CoAP plugtests and of the OSCORE interoperability tests until it is stopped.

          --bind            an IPv6 address; every address without it
          --port            5683 without it; 0 lets the system choose
          --oscore-context  b and d without it; none serves as if OSCORE was unknown
          --multicast       joins ff02::fd and ff05::fd there; /test and /.well-known/core answer groups
          --interval        between the changes of /obs, /obs-non, /oscore/observe1, …; 2000 without it
          --leisure         over how long answers to a group are spread; 5000 without it. Requests to a group that overlap
                            are answered one period after the other, at most four
          --challenge       large answers only to addresses that have answered an Echo challenge (RFC 9175)
        """

    /// - Throws: What is wrong with them.
    init(_ words: some Sequence<String>) throws(Failure) {
        var words = Array(words)[...]
        while let option = words.popFirst() {
            if option == "--challenge" {
                challenges = true
                continue
            }
            if option == "--help" || option == "-h" {
                wantsHelp = true
                return
            }
            guard let value = words.popFirst() else { throw Failure(text: "no value after \(option)") }
            let isUsable =
                switch option {
                case "--bind": set(&address, IPv6Address(value))
                case "--port": set(&port, UInt16(value))
                case "--interval": set(&interval, Int(value).flatMap { $0 > 0 ? $0 : nil })
                case "--leisure": set(&leisure, Int(value).flatMap { $0 >= 0 ? $0 : nil })
                case "--multicast": interfaces.append(value) == ()
                case "--oscore-context": insert(Context(rawValue: value))
                default: throw Failure(text: "no such option: \(option)")
                }
            guard isUsable else { throw Failure(text: "\(option) cannot be \(value)") }
        }
        if contexts.isEmpty { contexts = [.b, .d] }
    }

    private func set<Value>(_ place: inout Value, _ value: Value?) -> Bool {
        guard let value else { return false }
        place = value
        return true
    }

    private mutating func insert(_ context: Context?) -> Bool {
        context.map { contexts.insert($0) } != nil
    }

    /// Why the command line cannot be used.
    struct Failure: Error {
        let text: String
    }
}
