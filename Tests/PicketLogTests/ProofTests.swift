import Foundation
import Testing

@testable import PicketLog

/// Proofs: the published vectors, and those that a log makes itself.
@Suite struct ProofTests {
    private struct Vector: Decodable {
        var name: String
        var leafIdx: UInt64?
        var treeSize: UInt64?
        var root: String?
        var leafHash: String?
        var size1: UInt64?
        var size2: UInt64?
        var root1: String?
        var root2: String?
        var proof: [String]?
        var wantErr: Bool?

        func hash(_ text: String?) -> TreeHash? {
            guard let bytes = Base64.decode(text ?? ""), bytes.count == 32 else { return nil }
            return TreeHash(bytes)
        }

        /// Whether a verifier accepts it; a hash that is not 32 bytes is refused before.
        var isAccepted: Bool {
            let hashes = (proof ?? []).map { hash($0) }
            guard !hashes.contains(nil) else { return false }
            let path = hashes.compactMap { $0 }
            if name.hasPrefix("inclusion") {
                guard let leaf = hash(leafHash), let root = hash(root) else { return false }
                return TreeProof.includes(leaf, at: leafIdx ?? 0, in: treeSize ?? 0, root: root, proof: path)
            }
            // Some vectors have other texts for roots; only whether they are equal matters.
            func stand(_ text: String?) -> TreeHash { hash(text) ?? TreeHash.leaf(Array((text ?? "").utf8)) }
            let old = stand(root1)
            let new = stand(root2)
            return TreeProof.extends(old, size1 ?? 0, to: new, size2 ?? 0, proof: path)
        }
    }

    @Test func `the published vectors`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors/rfc6962-proofs.ndjson")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 196)
        for line in lines {
            let vector = try JSONDecoder().decode(Vector.self, from: Data(line.utf8))
            #expect(vector.isAccepted == !(vector.wantErr ?? false), "\(vector.name)")
        }
    }

    @Test func `the proofs of a log, of every record and between all sizes`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: system)
        for start in stride(from: 0, to: 77, by: 7) {
            try writer.append(Support.buffer(start..<(start + 7)))
            if start == 21 { writer.sealOpenBlock() }
        }
        let leaves = (0..<77).map { TreeHash.leaf(Support.line($0)) }
        var tree = try LogTree(folder: "/log", fileSystem: system)
        let heads = try (0...77).map { try tree.head(of: UInt64($0)) }
        for size in 0...77 { #expect(heads[size] == TreeHash.head(of: leaves[..<size])) }
        for size in [1, 2, 7, 8, 31, 32, 33, 64, 70, 77] as [UInt64] {
            for index in 0..<size {
                let proof = try tree.inclusionProof(of: index, in: size)
                let root = heads[Int(size)]
                #expect(TreeProof.includes(leaves[Int(index)], at: index, in: size, root: root, proof: proof))
                #expect(
                    !TreeProof.includes(leaves[Int(index)], at: index ^ 1, in: size, root: root, proof: proof)
                        || size == 1)
            }
            for old in 1...size {
                let proof = try tree.consistencyProof(from: old, to: size)
                #expect(TreeProof.extends(heads[Int(old)], old, to: heads[Int(size)], size, proof: proof))
            }
        }
        #expect(throws: LogError.self) { try tree.head(of: 78) }
        #expect(throws: LogError.self) { try tree.inclusionProof(of: 5, in: 5) }
        #expect(throws: LogError.self) { try tree.consistencyProof(from: 0, to: 5) }
    }
}
