import ArgumentParser
import CoAP

/// What the command of one method is called, and what it takes beside a URI.
protocol RequestMethod {
    associatedtype Body: RequestBody
    associatedtype Conditions: RequestConditions

    static var code: Code { get }
    static var abstract: String { get }
    static var example: String { get }
}

/// The command of one method: `gosc get` and its like.
struct MethodCommand<Method: RequestMethod>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Method.code.meaning.lowercased(), abstract: Method.abstract,
            discussion: "Such as: gosc \(Method.example)")
    }

    @OptionGroup var request: RequestOptions
    @OptionGroup var body: Method.Body
    @OptionGroup var conditions: Method.Conditions
    @OptionGroup var destination: OutputFileOptions

    func validate() throws {
        guard destination.outputFile != "-" || request.output.output == .table else {
            throw ValidationError("--output-file - and --output \(request.output.output) both go to standard output.")
        }
    }

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            Method.code, options: conditions.options, body: body.body())
    }
}

enum GetMethod: RequestMethod {
    typealias Body = NoBody
    typealias Conditions = ReadConditions
    static let code = Code.get
    static let abstract = "Read a resource of a server, or of every member of a group."
    static let example = """
        get 'coap://[::1]/.well-known/core'

        A long body is fetched block by block. CBOR is shown in diagnostic notation.
        """
}

enum PutMethod: RequestMethod {
    typealias Body = PayloadOptions
    typealias Conditions = WriteConditions
    static let code = Code.put
    static let abstract = "Replace or create a resource."
    static let example = "put 'coap://[::1]/light' --payload on"
}

enum PostMethod: RequestMethod {
    typealias Body = PayloadOptions
    typealias Conditions = WriteConditions
    static let code = Code.post
    static let abstract = "Have a resource process a body."
    static let example = "post 'coap://[::1]/scenes' --payload evening"
}

enum FetchMethod: RequestMethod {
    typealias Body = PayloadOptions
    typealias Conditions = ReadConditions
    static let code = Code.fetch
    static let abstract = "Read what a body asks for (RFC 8132)."
    static let example = "fetch 'coap://[::1]/log' --payload-file query.cbor --content-format application/cbor"
}

enum PatchMethod: RequestMethod {
    typealias Body = PayloadOptions
    typealias Conditions = WriteConditions
    static let code = Code.patch
    static let abstract = "Change a part of a resource (RFC 8132)."
    static let example = "patch 'coap://[::1]/config' --payload '{\"level\":3}' --content-format 52"
}

enum IPatchMethod: RequestMethod {
    typealias Body = PayloadOptions
    typealias Conditions = WriteConditions
    static let code = Code.iPatch
    static let abstract = "Change a part of a resource; twice is the same as once (RFC 8132)."
    static let example = "ipatch 'coap://[::1]/config' --payload '{\"level\":3}' --content-format 52"
}

enum DeleteMethod: RequestMethod {
    typealias Body = NoBody
    typealias Conditions = WriteConditions
    static let code = Code.delete
    static let abstract = "Remove a resource."
    static let example = "delete 'coap://[::1]/scenes/evening'"
}
