package import PicketEvents

/// Reads the records of AWS CloudTrail (CloudTrail user guide, "CloudTrail record contents"): who did what to the cloud
/// side of a fleet. Each record is a `user` event. Files hold them as `{"Records":[…]}`, which ``ElementCutter`` takes
/// apart; one record a line is read as well.
///
/// AWS's guide to IoT spells some keys with a capital (`EventName`, `RequestParamters`); both are read.
package struct CloudTrailReader: RecordReader {
    package let format = FeedFormat.cloudTrail
    package private(set) var visibility: Visibility = []
    private let feed: FeedID

    package init(feed: FeedID) { self.feed = feed }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .user {
            visibility.insert(.userActions)
        }
    }

    /// Nothing: what it reads does not depend on what came before; what can be seen is a question of replays only.
    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        let record = try JSONReading.object(line)
        guard let source = record[["eventSource", "EventSource"]]?.text,
            let name = record[["eventName", "EventName"]]?.text
        else { throw RecordProblem(.notALine, detail: "a record has an eventSource and an eventName") }
        let time = try RecordTime.need(record[["eventTime", "EventTime"]])
        var event = EventDraft(.user, time: time)
        let identity = record[["userIdentity", "UserIdentity"]]?.object ?? JSONObject()
        event.user = CloudTrailIdentity.name(identity)
        event.address = CloudTrailReader.address(record[["sourceIPAddress", "SourceIPAddress"]]?.text)
        event.add(.action, "\(CloudTrailReader.service(source)):\(name)")
        event.add(.resource, CloudTrailResource.find(record))
        let code = record[["errorCode", "ErrorCode"]]?.text
        let login = record[["responseElements"]]?.object?["ConsoleLogin"]?.text
        let isFailure = code != nil || login == "Failure" || record[["errorMessage", "ErrorMessage"]]?.text != nil
        event.add(.outcome, isFailure ? "failure" : "success")
        event.add(.agent, record[["userAgent", "UserAgent"]]?.text)
        event.add(.mfa, flag: CloudTrailReader.usedSecondFactor(record, identity))
        event.add(.origin, "cloudtrail")
        event.add(.code, code)
        event.unknown = record.names.filter { !CloudTrailReader.known.contains($0.lowercased()) }
        visibility.insert(.userActions)
        return [event]
    }

    /// `iot` of `iot.amazonaws.com`.
    private static func service(_ source: String) -> String {
        source.hasSuffix(".amazonaws.com") ? String(source.dropLast(".amazonaws.com".count)) : source
    }

    /// A service of AWS that acts for a user has its name where others have their address.
    private static func address(_ text: String?) -> String? {
        guard let text, text.utf8.count <= 45, text.contains(where: { $0 == "." || $0 == ":" }),
            text.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" })
        else { return nil }
        return text
    }

    private static func usedSecondFactor(_ record: JSONObject, _ identity: JSONObject) -> Bool {
        if let used = record["additionalEventData"]?.object?["MFAUsed"] { return used.isTrue }
        return identity["sessionContext"]?.object?["attributes"]?.object?["mfaAuthenticated"]?.isTrue ?? false
    }

    static func recognises(_ first: FirstBytes) -> Bool {
        first.beginsObject && first.mentions("\"eventSource\"") && first.mentions("\"eventName\"")
            || first.mentions("{\"Records\":[")
    }

    /// What a record may hold (record version 1.11), in lower case.
    private static let known: Set<String> = [
        "eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress",
        "useragent", "errorcode", "errormessage", "requestparameters", "requestparamters", "responseelements",
        "additionaleventdata", "requestid", "eventid", "eventtype", "recipientaccountid", "apiversion",
        "managementevent", "readonly", "resources", "serviceeventdetails", "sharedeventid", "vpcendpointid",
        "vpcendpointaccountid", "eventcategory", "addendum", "sessioncredentialfromconsole", "edgedevicedetails",
        "tlsdetails", "insightdetails", "eventcontext",
    ]
}

/// Who acted.
private enum CloudTrailIdentity {
    /// The name of a user, `role/session` of an assumed role, `root`, or the service that acted.
    static func name(_ identity: JSONObject) -> String? {
        switch identity["type"]?.text {
        case "Root": return "root"
        case "AssumedRole":
            let issuer = identity["sessionContext"]?.object?["sessionIssuer"]?.object?["userName"]?.text
            let session = identity["arn"]?.text?.split(separator: "/").last.map(String.init)
            if let issuer { return session.map { "\(issuer)/\($0)" } ?? issuer }
        case "AWSService": if let service = identity["invokedBy"]?.text { return service }
        default: break
        }
        return identity[["userName", "arn", "principalId", "invokedBy", "accountId"]]?.text
    }
}

/// What was acted on.
private enum CloudTrailResource {
    /// Parameters that name one thing, the most telling first. Others are left out: they may be anything.
    private static let names = [
        "thingName", "thingGroupName", "certificateId", "policyName", "securityProfileName", "jobId", "ruleName",
        "roleAlias", "billingGroupName", "provisioningTemplateName", "targetArn", "target", "principal", "bucketName",
        "secretId", "roleName", "userName", "groupName", "instanceId", "functionName", "dBInstanceIdentifier",
        "snapshotId", "volumeId", "name", "resourceArn", "roleArn",
    ]

    static func find(_ record: JSONObject) -> String? {
        for resource in record["resources"]?.array ?? [] {
            if let arn = resource.object?[["ARN", "arn"]]?.text { return arn }
        }
        guard let parameters = record[["requestParameters", "RequestParameters", "RequestParamters"]]?.object else {
            return nil
        }
        guard let name = names.first(where: { parameters[$0]?.text != nil }), let value = parameters[name]?.text else {
            return nil
        }
        if name == "bucketName", let key = parameters["key"]?.text { return "\(value)/\(key)" }
        return value
    }
}
