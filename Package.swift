// swift-tools-version: 6.1
import PackageDescription

/// The settings of every target: the newest language rules, so that nothing has to be undone later.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A target of ours. The arrows of Documentation/ARCHITECTURE.md are the `needs`; they point down only.
func room(_ name: String, needs: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: needs, swiftSettings: strict)
}

/// The tests of a room; `fixtures` are folders of files that tests read in place.
func tests(_ name: String, needs: [Target.Dependency] = [], fixtures: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + needs, exclude: fixtures, swiftSettings: strict)
}

func product(_ name: String, _ package: String) -> Target.Dependency { .product(name: name, package: package) }

let crypto = product("Crypto", "swift-crypto")
let yams = product("Yams", "Yams")
let arguments = product("ArgumentParser", "swift-argument-parser")
let sqlite = product("GRDB", "GRDB.swift")
let x509: [Target.Dependency] = [product("X509", "swift-certificates"), product("SwiftASN1", "swift-asn1")]
let nio: [Target.Dependency] = [
    product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"), product("NIOSSL", "swift-nio-ssl"),
]
let webServer = product("Hummingbird", "hummingbird")
let webClient = product("AsyncHTTPClient", "async-http-client")

let package = Package(
    name: "Picket",
    products: [
        .executable(name: "picket", targets: ["picket"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CMalloc"),
        .target(name: "CTreeHash"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        room("MQTT", needs: nio),
        room("PicketLocks"),
        room("PicketEvents"),
        room("PicketFeeds", needs: ["PicketEvents", "PicketLocks", "CZlib", crypto]),
        room("PicketLog", needs: ["PicketEvents", "PicketLocks", "CTreeHash", "CZlib", crypto]),
        room("PicketProfiles", needs: ["PicketEvents", yams]),
        room("PicketDetection", needs: ["PicketEvents", "PicketProfiles", crypto]),
        room("PicketState", needs: ["PicketEvents", "PicketLog", sqlite]),
        room(
            "PicketMitigation",
            needs: ["PicketEvents", "PicketProfiles", "PicketDetection", "PicketLog", crypto, yams] + x509),
        room("PicketSimulation", needs: ["PicketEvents", "PicketProfiles", "PicketLocks", "MQTT"] + nio),
        room("PicketReports", needs: ["PicketEvents", "PicketProfiles", "PicketLog", crypto, yams] + x509),
        room(
            "PicketService",
            needs: [
                "PicketEvents", "PicketFeeds", "PicketLog", "PicketProfiles", "PicketDetection", "PicketState",
                "PicketMitigation", "PicketReports", "PicketLocks", "MQTT", crypto, yams, webServer, webClient,
            ] + nio),
        .executableTarget(
            name: "picket-bench",
            dependencies: ["PicketService", "PicketFeeds", "PicketLog", "PicketEvents", "MQTT"] + nio,
            path: "Benchmarks/picket-bench", swiftSettings: strict),
        .executableTarget(
            name: "picket",
            dependencies: [
                "PicketService", "PicketProfiles", "PicketFeeds", "PicketLog", "PicketEvents", "PicketDetection",
                "PicketState", "PicketMitigation", "PicketReports", "PicketSimulation", "PicketLocks", "MQTT",
                "CMalloc",
                arguments,
            ],
            swiftSettings: strict),

        tests("MQTT", needs: nio),
        tests("PicketEvents", needs: ["PicketFeeds"]),
        tests("PicketFeeds"),
        tests("PicketLog", fixtures: ["Corpus"]),
        tests("PicketProfiles", fixtures: ["Broken", "BrokenFleets", "BrokenExports"]),
        tests("PicketDetection"),
        tests("PicketState", needs: ["PicketEvents", "PicketLog"]),
        tests("PicketMitigation"),
        tests("PicketSimulation", needs: ["PicketProfiles", "MQTT"] + nio),
        tests("PicketReports", needs: ["PicketMitigation"]),
        .testTarget(
            name: "PicketTests",
            dependencies: [
                "PicketService", "PicketEvents", "PicketFeeds", "PicketLog", "PicketState", "PicketMitigation", "MQTT",
                "PicketProfiles", "picket", crypto,
            ],
            swiftSettings: strict),
    ]
)
