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

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "Picket",
    products: [
        .executable(name: "picket", targets: ["picket"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        room("PicketEvents"),
        room("PicketFeeds", needs: ["PicketEvents", "CZlib", crypto]),
        room("PicketLog", needs: ["PicketEvents", "CZlib", crypto]),
        room("PicketProfiles", needs: ["PicketEvents", yams]),
        room("PicketDetection", needs: ["PicketEvents", "PicketProfiles", crypto]),
        room(
            "PicketService",
            needs: ["PicketEvents", "PicketFeeds", "PicketLog", "PicketProfiles", "PicketDetection", yams]),
        .executableTarget(
            name: "picket-bench", dependencies: ["PicketService", "PicketFeeds", "PicketEvents"],
            path: "Benchmarks/picket-bench", swiftSettings: strict),
        .executableTarget(
            name: "picket",
            dependencies: [
                "PicketService", "PicketProfiles", "PicketFeeds", "PicketLog", "PicketEvents", arguments,
            ],
            swiftSettings: strict),

        tests("PicketEvents", needs: ["PicketFeeds"]),
        tests("PicketFeeds"),
        tests("PicketLog"),
        tests("PicketProfiles", fixtures: ["Broken"]),
        tests("PicketDetection"),
        .testTarget(
            name: "PicketTests", dependencies: ["PicketService", "PicketEvents", "PicketFeeds", "PicketLog", "picket"],
            swiftSettings: strict),
    ]
)
