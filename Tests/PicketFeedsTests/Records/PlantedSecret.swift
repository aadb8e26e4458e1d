/// Texts with a secret in them, in all the shapes that Picket knows. The secret itself always holds ``word``, so that a
/// test can look for it.
enum PlantedSecret {
    static let word = "hunter2Q"
    static let padding = "0123456789abcdef"

    static let texts: [String] = [
        "a/b?token=\(word)&x=1", "https://b.s3.amazonaws.com/k?X-Amz-Signature=\(word)&X-Amz-Credential=\(word)",
        "s3/k?AWSAccessKeyId=AKIA1&Signature=\(word)&Expires=1", "SharedAccessSignature sr=hub&sig=\(word)&se=1",
        "mqtts://user:\(word)@host:8883/path", "password=\(word)", "passwd: \(word)", "x;pwd=\(word);y=1",
        "api_key=\(word)", "x/secret=\(word)/y", "Bearer \(word)\(padding)", "dev/Basic \(word)\(padding)==",
        "eyJhbGciOi.\(word)\(padding)", "dev/eyJhbGciOi.\(word)\(padding)/x", "up/ghp_\(word)\(padding)",
        "glpat-\(word)\(padding)", "t/sk_live_\(word)\(padding)/z", "AIza\(word)\(padding)", "hf_\(word)\(padding)",
        "xoxb-\(word)\(padding)", "-----BEGIN PRIVATE KEY----- \(word)", "u?x-amz-customauthorizer-signature=\(word)",
        "authorization: Bearer \(word)", "client:secret=\(word)", "curl --password \(word) x", "--api-key '\(word) x'",
        "<wifi><password>\(word)</password></wifi>", "u%3Ftoken%3D\(word)", "pwd%3d\(word)", "sig%3A\(word)",
        "{\"password\": \"\(word)\"}", "{\\\"password\\\":\\\"\(word)\\\"}", "AccountKey=\(word);x",
        "hvs.\(word)\(padding)", "x/IQoJb3JpZ2lu\(word)\(padding)", "passcode=\(word)",
    ]

    /// Texts that look a little like one and are none.
    static let harmless: [String] = [
        "telemetry/eu/sensor-000968/hum", "aa:bb:cc:dd:ee:ff", "2001:db8::1", "10.0.0.1:8883", "sky/skip/ski-1",
        "task-12345678901234567890", "keyword=a", "a/b?api-version=2021-04-12", "hub/dev/?DeviceClientType=x",
        "eye/eyes", "ghost_writer/0123456789abcdef", "thermostat=21", "urn:dev:mac:0024befffe804ff1", "key", "token/x",
        "github/abc", "--", "a:b=c?d", "http://host/path", "x y z", "naïve/ü/€", "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:eu-west-1:1:secret:db/password-x1", "100%/x", "--help me", "a --b c", "<a>b</a>",
        "$SYS/broker/uptime", "cmd/+/#",
    ]
}
