/// The shell commands that save everything of an account that profiles need, into a folder that Picket reads as it is.
package enum AWSExportScript {
    /// Needs `aws` with the right to read IoT; changes nothing in the account. A profile of a group is also for the groups inside
    /// of it, so members are saved with theirs (`--recursive`).
    package static let text = """
        #!/bin/sh
        # Saves the security profiles of an AWS account, and what belongs to them, in the folder aws-export.
        # Then: picket profile check aws-export
        set -eu
        mkdir -p aws-export
        cd aws-export

        names() { tr '\\t' '\\n' | sed '/^None$/d;/^$/d'; }

        aws iot list-security-profiles --query 'securityProfileIdentifiers[].name' --output text | names |
        while read -r name; do
            aws iot describe-security-profile --security-profile-name "$name" --output json >"$name.profile.json"
            aws iot list-targets-for-security-profile --security-profile-name "$name" --output json >"$name.targets.json"
        done
        aws iot list-dimensions --query 'dimensionNames[]' --output text | names |
        while read -r name; do aws iot describe-dimension --name "$name" --output json >"$name.dimension.json"; done
        aws iot list-custom-metrics --query 'metricNames[]' --output text | names |
        while read -r name; do aws iot describe-custom-metric --metric-name "$name" --output json >"$name.metric.json"; done
        aws iot list-things --output json >things.json
        aws iot list-thing-groups --output json >groups.json
        aws iot list-thing-groups --query 'thingGroups[].groupName' --output text | names |
        while read -r name; do
            aws iot list-things-in-thing-group --recursive --thing-group-name "$name" --output json >"$name.members.json"
        done
        echo "saved in $(pwd)"

        """
}
