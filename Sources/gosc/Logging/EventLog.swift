import ACEGroupcomm
import Bytes
import CoAP
import GroupManager
import Logging
import MemberNode
import OSCORE
import ServiceShell

extension Logger {
    /// One line for what happened in a manager.
    ///
    /// - Parameter limiter: What anybody on the network can cause goes through it.
    func log(_ event: ManagerEvent, limiter: LogLimiter) {
        switch event {
        case .groupCreated(let name, let address):
            info("group created", metadata: ["group": "\(name)", "address": "\(address)"])
        case .invited(let group, let node, let roles, let expiry):
            info(
                "node invited",
                metadata: [
                    "group": "\(group)", "node": "\(node)", "roles": "\(roles)", "expires": "\(Moment.text(expiry))",
                ])
        case .invitationRevoked(let group, let node):
            info("invitation revoked", metadata: ["group": "\(group)", "node": "\(node)"])
        case .tokenIssued(let group, let node, let expiry):
            info(
                "token issued",
                metadata: ["group": "\(group)", "node": "\(node)", "expires": "\(Moment.text(expiry))"])
        case .tokenRefused(let group, let node, let reason):
            warn(
                "token refused", kind: "token refused",
                ["group": "\(group)", "node": "\(node)", "reason": "\(reason)"], limiter)
        case .tokenUploaded(let client, let source):
            debug("token uploaded", metadata: ["client": "\(Self.line(client))", "from": "\(source)"])
        case .uploadRefused(let source, let reason):
            warn("upload refused", kind: "upload \(reason)", ["from": "\(source)", "reason": "\(reason)"], limiter)
        case .tokenUpdated(let client):
            info("token replaced", metadata: ["client": "\(Self.line(client))"])
        case .tokenRevoked:
            info("token revoked")
        case .joined(let group, let node, let senderID, let roles):
            info("node joined", metadata: Self.membership(group, node, senderID, roles))
        case .rejoined(let group, let node, let senderID, let roles):
            info("node joined again", metadata: Self.membership(group, node, senderID, roles))
        case .joinRepeated(let group, let node):
            info("join repeated, same Sender ID", metadata: ["group": "\(group)", "node": "\(node)"])
        case .joinRefused(let group, let node, let reason):
            warn(
                "join refused", kind: "join refused",
                ["group": "\(group)", "node": "\(node)", "reason": "\(reason.text)"], limiter)
        case .controlURIDropped(let group, let node):
            warn(
                "node is not told of new keys: its control URI is not at the address that it has joined from",
                kind: "control URI", ["group": "\(group)", "node": "\(node)"], limiter)
        case .senderIDRenewed(let group, let node, let senderID):
            info(
                "Sender ID renewed",
                metadata: ["group": "\(group)", "node": "\(node)", "sender_id": "\(Hex.encode(senderID))"])
        case .credentialChanged(let group, let node):
            info("credential changed", metadata: ["group": "\(group)", "node": "\(node)"])
        case .left(let group, let node):
            info("node left", metadata: ["group": "\(group)", "node": "\(node)"])
        case .evicted(let group, let node, let reason):
            warning(
                "node evicted", metadata: ["group": "\(group)", "node": "\(node)", "reason": "\(reason.text)"])
        case .keptOut(let group, let node):
            warning("node that is no member may not come back", metadata: ["group": "\(group)", "node": "\(node)"])
        case .readmitted(let group, let node):
            info("node may come back", metadata: ["group": "\(group)", "node": "\(node)"])
        case .rekeyed(let group, let version):
            info("group has new keys", metadata: ["group": "\(group)", "version": "\(version)"])
        case .rekeyingCompleted(let group, let version, let confirmed, let stragglers):
            log(
                level: stragglers.isEmpty ? .info : .warning, "new keys distributed",
                metadata: [
                    "group": "\(group)", "version": "\(version)", "confirmed": "\(confirmed)",
                    "not_confirmed": "\(stragglers.joined(separator: ","))",
                ])
        case .rosterRead(let group, let node):
            debug("roster read", metadata: ["group": "\(group)", "node": "\(node)"])
        case .requestRefused(let node, let code, let error):
            var metadata: Metadata = ["node": "\(node)", "code": "\(Code(rawValue: code))"]
            if let error { metadata["error_id"] = "\(error)" }
            warn("request refused", kind: "request refused", metadata, limiter)
        case .rejected(let source, let reason):
            warn("message not verified", kind: "\(reason)", ["from": "\(source)", "reason": "\(reason)"], limiter)
        case .commitFailed:
            // Why is said once, by the news of the storage.
            debug("a change could not be stored; nothing of it was done")
        }
    }

    /// One line for what happened to a disk.
    func log(_ news: StorageNews) {
        switch news {
        case .fails(let cause):
            error("changes cannot be stored, and are refused until they can", metadata: ["cause": "\(cause)"])
        case .worksAgain(let file): notice("changes can be stored again", metadata: ["file": "\(file)"])
        }
    }

    /// One line for what happened in a node.
    ///
    /// - Parameter limiter: What anybody on the network can cause goes through it.
    func log(_ event: NodeEvent, limiter: LogLimiter) {
        switch event {
        case .handled(let request):
            info(
                "request handled",
                metadata: [
                    "sender": "\(request.senderName ?? request.sender.description)",
                    "path": "/\(request.path.joined(separator: "/"))", "code": "\(request.code)",
                    "destination": "\(request.destination)", "partial_iv": "\(request.partialIV)",
                ])
        case .replay(let sender):
            warn("replay not accepted", kind: "replay", ["sender_id": "\(sender)"], limiter)
        case .rejected(.ownMessage, _):
            trace("own group message heard")
        case .rejected(let failure, let source):
            warn("message not verified", kind: "\(failure)", ["from": "\(source)", "reason": "\(failure)"], limiter)
        case .rosterRead(let count):
            info("roster read", metadata: ["members": "\(count)"])
        case .membersUnusable(let count):
            warning("members whose credentials do not fit the group are left out", metadata: ["members": "\(count)"])
        case .managerRefused(let operation, let failure):
            warning(
                "the manager did not do as asked", metadata: ["operation": "\(operation)", "reason": "\(failure)"])
        case .groupIsActive(let isActive):
            if isActive {
                info("the group is active")
            } else {
                warning("the group is not active: nothing is sent or served")
            }
        case .newKeys(let version):
            info("the group has newer keys; they are fetched", metadata: ["version": "\(version)"])
        case .keysInstalled(let version, let groupID, let origin):
            info(
                "new keys are in use",
                metadata: [
                    "version": "\(version)", "group_id": "\(groupID)",
                    "origin": origin == .told ? "brought by the manager" : "fetched",
                ])
        case .rekeyingRefused(.notNewer):
            debug("keys that are not newer were not taken")
        case .rekeyingRefused(let reason):
            warning("new keys were not taken", metadata: ["reason": "\(reason)"])
        case .senderIDRenewed(let senderID):
            info("Sender ID renewed", metadata: ["sender_id": "\(senderID)"])
        case .managerCredentialReplaced:
            info("the manager has another credential")
        case .overheard(let request):
            info(
                "request overheard",
                metadata: [
                    "sender": "\(request.senderName ?? request.sender.description)",
                    "path": "/\(request.path.joined(separator: "/"))", "code": "\(request.code)",
                    "partial_iv": "\(request.partialIV)",
                ])
        case .left(.unknownToManager):
            warning("the manager does not know this node as a member any more; it joins again")
        case .left(let reason):
            warning(
                "this node has left its group; nothing is sent or served any more",
                metadata: ["reason": "\(reason.text)"])
        case .rosterUnavailable:
            warning("the manager did not tell the roster")
        case .commitFailed:
            error("the state could not be written; nothing was sent")
        }
    }

    private static func membership(
        _ group: String, _ node: String, _ senderID: [UInt8]?, _ roles: Roles
    ) -> Metadata {
        [
            "group": "\(group)", "node": "\(node)", "sender_id": "\(Hex.encode(senderID ?? []))",
            "roles": "\(roles)",
        ]
    }

    /// A client's name in one line.
    private static func line(_ client: String) -> String {
        client.replacing("\n", with: " ")
    }

    private func warn(_ message: Message, kind: String, _ metadata: Metadata, _ limiter: LogLimiter) {
        guard let suppressed = limiter.admits(kind) else { return }
        let more: Metadata = suppressed == 0 ? [:] : ["not_shown": "\(suppressed)"]
        warning(message, metadata: metadata.merging(more) { $1 })
    }
}

extension JoinRefusal {
    fileprivate var text: String {
        if case .credentialIncompatible(let refusal) = self {
            "the credential \(refusal.explanation)"
        } else {
            "\(self)"
        }
    }
}

extension LeaveReason {
    fileprivate var text: String {
        switch self {
        case .commanded: "it was told to leave"
        case .unknownToManager: "the manager does not know it as a member"
        case .terminated: "the manager has ended its membership"
        case .groupDeleted: "the group does not exist any more"
        }
    }
}

extension EvictionReason {
    fileprivate var text: String {
        switch self {
        case .administrator: "the administrator has said so"
        case .tokenExpired: "its token has ended"
        case .tokenRevoked: "its token was revoked"
        case .elder: "the Gid under which it had joined comes again"
        }
    }
}
