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

        # A list that cannot be fetched ends the script: an empty folder would say that nothing is expected of anybody.
        names() { tr '\\t' '\\n' | sed '/^None$/d;/^$/d'; }

        list=$(aws iot list-security-profiles --query 'securityProfileIdentifiers[].name' --output text)
        printf '%s\\n' "$list" | names | while read -r name; do
            aws iot describe-security-profile --security-profile-name "$name" --output json </dev/null >"$name.profile.json"
            aws iot list-targets-for-security-profile --security-profile-name "$name" --output json </dev/null \\
                >"$name.targets.json"
        done
        list=$(aws iot list-dimensions --query 'dimensionNames[]' --output text)
        printf '%s\\n' "$list" | names | while read -r name; do
            aws iot describe-dimension --name "$name" --output json </dev/null >"$name.dimension.json"
        done
        list=$(aws iot list-custom-metrics --query 'metricNames[]' --output text)
        printf '%s\\n' "$list" | names | while read -r name; do
            aws iot describe-custom-metric --metric-name "$name" --output json </dev/null >"$name.metric.json"
        done
        aws iot list-things --output json >things.json
        aws iot list-thing-groups --output json >groups.json
        list=$(aws iot list-thing-groups --query 'thingGroups[].groupName' --output text)
        printf '%s\\n' "$list" | names | while read -r name; do
            aws iot list-things-in-thing-group --recursive --thing-group-name "$name" --output json </dev/null \\
                >"$name.members.json"
        done
        echo "saved in $(pwd)"

        """
}
