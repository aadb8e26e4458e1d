package import Foundation
import PicketEvents

/// Writes profiles as AWS has them: the files of an export, which `aws iot create-… --cli-input-json` and Picket read, and
/// what AWS cannot hold.
package struct AWSWriter {
    /// One file of the export.
    package struct File: Sendable {
        package var name: String
        package var data: Data
    }

    /// What of a profile AWS cannot hold.
    package struct Loss: Equatable, Sendable {
        package var profile: String
        /// Nil where it is about the whole profile.
        package var behavior: String?
        /// Whether the behavior is left out, rather than written without something.
        package var isLeftOut: Bool
        package var reason: String

        /// For a person.
        package var text: String {
            let what = behavior.map { "\(profile)/\($0)" } ?? profile
            return "\(what): \(isLeftOut ? "left out: " : "written without this: ")\(reason)"
        }
    }

    package private(set) var files: [File] = []
    package private(set) var losses: [Loss] = []
    private let arn: String
    private var customMetrics: Set<String> = []
    /// By name, the topic filters of the dimensions that were written.
    private var dimensions: [String: [String]] = [:]

    /// The most behaviors of a profile, and the most characters of a description (CreateSecurityProfile).
    private static let behaviorsOfProfile = 100
    private static let descriptionLength = 1_000

    /// - Parameter arn: how the ARNs of targets begin: `arn:aws:iot:eu-central-1:123456789012`.
    package init(_ profiles: [SecurityProfile], arn: String = "arn:aws:iot:REGION:ACCOUNT") throws {
        self.arn = arn
        for profile in profiles { try add(profile) }
    }

    private mutating func add(_ profile: SecurityProfile) throws {
        var behaviors: [[String: Any]] = []
        for behavior in profile.behaviors {
            var form = AWSBehavior(behavior, profile: profile.name)
            let isTooMany = behaviors.count == AWSWriter.behaviorsOfProfile
            if let reason = form.impossible ?? (isTooMany ? "AWS's profiles hold at most 100 behaviors" : nil) {
                lose(profile, behavior, isLeftOut: true, reason)
                continue
            }
            if let dimension = form.dimension { form.dimension?.name = try name(of: dimension) }
            behaviors.append(form.json)
            for reason in form.losses { lose(profile, behavior, isLeftOut: false, reason) }
            if case .custom(let custom) = behavior.metric, customMetrics.insert(custom.name).inserted {
                try write(
                    "\(custom.name).metric.json", ["metricName": custom.name, "metricType": custom.type.rawValue])
            }
        }
        var json: [String: Any] = ["securityProfileName": profile.name, "behaviors": behaviors]
        if let description = profile.description {
            if description.unicodeScalars.count <= AWSWriter.descriptionLength {
                json["securityProfileDescription"] = description
            } else {
                lose(profile, nil, isLeftOut: false, "a description of more than 1,000 characters")
            }
        }
        try write("\(profile.name).profile.json", json)
        let targets = profile.targets.compactMap { target(of: profile, $0) }
        try write("\(profile.name).targets.json", ["securityProfileTargets": targets.map { ["arn": $0] }])
        for exception in profile.exceptions {
            lose(profile, nil, isLeftOut: false, "the exception '\(exception.reason)'")
        }
        if !profile.controls.isEmpty {
            lose(profile, nil, isLeftOut: false, "controls: \(profile.controls.joined(separator: ", "))")
        }
    }

    /// Writes a dimension, unless the same one is written.
    ///
    /// - Returns: its name, which two that differ do not share: an account has one of each name.
    private mutating func name(of dimension: AWSBehavior.Dimension) throws -> String {
        var name = dimension.name
        var number = 2
        while let other = dimensions[name], other != dimension.filters {
            let suffix = "-\(number)"
            name = dimension.name.prefix(ProfileLimits.nameLength - suffix.count) + suffix
            number += 1
        }
        if dimensions.updateValue(dimension.filters, forKey: name) == nil {
            try write(
                "\(name).dimension.json", ["name": name, "type": "TOPIC_FILTER", "stringValues": dimension.filters])
        }
        return name
    }

    private mutating func target(of profile: SecurityProfile, _ target: Target) -> String? {
        if target.exceptions.isEmpty, target.conditions.count == 1 {
            switch target.conditions[0] {
            case .all: return "\(arn):all/things"
            case .registered: return "\(arn):all/registered-things"
            case .unregistered: return "\(arn):all/unregistered-things"
            case .group(let name): return "\(arn):thinggroup/\(name)"
            case .type, .device, .attribute: break
            }
        }
        lose(profile, nil, isLeftOut: false, "a target that is no thing group and none of AWS's three sets of things")
        return nil
    }

    private mutating func lose(_ profile: SecurityProfile, _ behavior: Behavior?, isLeftOut: Bool, _ reason: String) {
        losses.append(Loss(profile: profile.name, behavior: behavior?.name, isLeftOut: isLeftOut, reason: reason))
    }

    private mutating func write(_ name: String, _ object: [String: Any]) throws {
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        files.append(File(name: name, data: data + [0x0A]))
    }
}
