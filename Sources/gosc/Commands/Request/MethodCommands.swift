import ArgumentParser
import CoAP

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Read a resource of a server, or of every member of a group.",
        discussion: """
            Such as: gosc get coap://[::1]/.well-known/core

            A long body is fetched block by block. CBOR is shown in diagnostic notation.
            """)

    @OptionGroup var request: RequestOptions
    @OptionGroup var conditions: ReadConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .get, options: conditions.options, body: ([], nil))
    }
}

struct PutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Replace or create a resource.",
        discussion: "Such as: gosc put coap://[::1]/light --payload on")

    @OptionGroup var request: RequestOptions
    @OptionGroup var body: PayloadOptions
    @OptionGroup var conditions: WriteConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .put, options: conditions.options, body: body.body())
    }
}

struct PostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "post", abstract: "Have a resource process a body.",
        discussion: "Such as: gosc post coap://[::1]/scenes --payload evening")

    @OptionGroup var request: RequestOptions
    @OptionGroup var body: PayloadOptions
    @OptionGroup var conditions: WriteConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .post, options: conditions.options, body: body.body())
    }
}

struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Read what a body asks for (RFC 8132).",
        discussion: "Such as: gosc fetch coap://[::1]/log --payload-file query.cbor --content-format application/cbor")

    @OptionGroup var request: RequestOptions
    @OptionGroup var body: PayloadOptions
    @OptionGroup var conditions: ReadConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .fetch, options: conditions.options, body: body.body())
    }
}

struct PatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Change a part of a resource (RFC 8132).")

    @OptionGroup var request: RequestOptions
    @OptionGroup var body: PayloadOptions
    @OptionGroup var conditions: WriteConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .patch, options: conditions.options, body: body.body())
    }
}

struct IPatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ipatch", abstract: "Change a part of a resource; twice is the same as once (RFC 8132).")

    @OptionGroup var request: RequestOptions
    @OptionGroup var body: PayloadOptions
    @OptionGroup var conditions: WriteConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .iPatch, options: conditions.options, body: body.body())
    }
}

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a resource.")

    @OptionGroup var request: RequestOptions
    @OptionGroup var conditions: WriteConditions
    @OptionGroup var destination: OutputFileOptions

    func run() async throws {
        try await RequestRun(request, destination: destination).run(
            .delete, options: conditions.options, body: ([], nil))
    }
}
