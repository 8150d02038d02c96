import Bytes
import COSE
import CoAPSecurity
import Foundation
import GoscKit
import GroupOSCORE
import MessageWorkbench
import OSCORE
import ServiceShell

/// A member with a fixed context, in whose name this process speaks. It holds the lock of its state directory.
struct UnmanagedMember: Sendable {
    let state: UnmanagedState
    let context: FixedContext
    private var numbers: UnmanagedNumbers { UnmanagedNumbers(state: state) }

    /// Opens the state of a member.
    static func open(
        _ options: NodeOptions, notice: @escaping @Sendable (String) -> Void
    ) throws -> UnmanagedMember {
        let state = try UnmanagedState.open(
            options, environment: ProcessInfo.processInfo.environment, notice: notice)
        guard let senderID = SenderID(state.senderID) else { throw CommandFailure(.configuration, damaged(options)) }
        let stored = state.context
        var json = [UInt8](copying: stored.bytes)
        defer { json.wipe() }
        do throws(WorkbenchFailure) {
            let context = try FixedContext(json, as: senderID, credentials: .available)
            return UnmanagedMember(state: state, context: context)
        } catch {
            throw CommandFailure(.configuration, "\(damaged(options)): \(error.detail)")
        }
    }

    /// More are reserved if a body has many blocks.
    private static let fewNumbers: UInt64 = 16

    private static func damaged(_ options: NodeOptions) -> String {
        "the context in \(options.stateDirectory) is not usable"
    }

    /// The group's name within this process.
    static func groupName(_ group: FixedGroup) -> String { group.groupID.description }

    /// Has an endpoint speak as this member.
    ///
    /// - Parameters:
    ///   - answers: In which mode it answers.
    ///   - isBrief: Whether it is for one request, which needs few numbers; what is left of them is lost.
    func join(
        _ configuration: inout EndpointConfiguration, answers: GroupAssociation.AnswerMode = .same,
        isBrief: Bool = false
    ) {
        switch context {
        case .pair(let pair):
            var association = association(with: pair)
            if isBrief { association.reservedAtOnce = Self.fewNumbers }
            configuration.associations = [association]
        case .group(let group):
            var association = GroupAssociation(
                name: Self.groupName(group), groupID: group.groupID, masterSecret: group.masterSecret,
                masterSalt: group.masterSalt, algorithms: group.algorithms,
                managerCredential: group.managerCredential, senderID: group.senderID, credential: group.credential,
                privateKey: group.privateKey,
                members: group.members.map {
                    GroupAssociation.Member(senderID: $0.senderID, credential: $0.credential)
                }, reservedEnd: state.reservedEnd, store: numbers)
            association.countersignItems = group.countersignItems
            association.answerMode = answers
            if isBrief { association.reservedAtOnce = Self.fewNumbers }
            configuration.groupAssociations = [association]
        }
    }

    /// The association with the other end of a pair.
    func association(with pair: FixedPair) -> OSCOREAssociation {
        var association = OSCOREAssociation(
            masterSecret: pair.masterSecret, masterSalt: pair.masterSalt, idContext: pair.idContext,
            senderID: pair.senderID, recipientID: pair.recipientID, reservedEnd: state.reservedEnd, store: numbers)
        association.algorithm = pair.algorithm
        association.hkdf = pair.hkdf
        return association
    }
}
