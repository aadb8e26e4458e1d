import Crypto
import Testing

@testable import PicketLog

/// The tree against RFC 6962: the vectors are those of transparency-dev/merkle, testonly/constants.go (Apache-2.0).
@Suite struct TreeTests {
    static let leaves: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57], Array(0x60...0x6F),
    ]

    static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test func `the published roots`() {
        #expect(TreeHash.empty.description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        var frontier = TreeFrontier()
        #expect(frontier.head == .empty)
        for (index, leaf) in Self.leaves.enumerated() {
            frontier.append(TreeHash.leaf(leaf))
            #expect(frontier.head.description == Self.roots[index])
            let all = Self.leaves[...index].map { TreeHash.leaf($0) }
            #expect(TreeHash.head(of: all).description == Self.roots[index])
        }
    }

    @Test func `long lines hash like short ones`() {
        for length in [0, 1, 998, 999, 1_000, 1_001, 70_000] {
            let line = [UInt8](repeating: 0x41, count: length)
            #expect(TreeHash.leaf(line).bytes == Array(SHA256.hash(data: [0] + line)))
        }
    }

    @Test(.enabled(if: TreeHash.isAccelerated, "this processor has no SHA-256 instructions: swift-crypto hashes alone"))
    func `the processor and swift-crypto agree on lines of every length, alone and in company`() {
        var random = SystemRandomNumberGenerator()
        for count in [1, 2, 3, 255, 1_024] {
            let lines: [[UInt8]] = (0..<count).map { row in
                // Every length around the ends of one to five blocks of 64 bytes, and some that are long.
                let length = count == 1_024 ? row % 320 + 1 : Int.random(in: 1...2_000, using: &random)
                return (0..<length).map { _ -> UInt8 in .random(in: 0x20...0xFF, using: &random) }
            }
            let content = [UInt8](lines.map { $0 + [0x0A] }.joined())
            let expected = lines.map { line in line.withUnsafeBytes { TreeHash.plainLeaf($0) } }
            #expect(lines.map { TreeHash.leaf($0) } == expected)
            #expect(BlockLines(content).leaves() == expected)
            let starts = BlockLines(content).starts(count: count)
            #expect(starts.map { TreeHash.leaves(content, starts: $0) } == expected)
            #expect(BlockLines(content).starts(count: count + 1) == nil)
            #expect(BlockLines(content).starts(count: count - 1) == nil)
            let pairs = stride(from: 0, to: count - 1, by: 2).map { (expected[$0], expected[$0 + 1]) }
            let parents = pairs.map { TreeHash.plainNode($0, $1) }
            #expect(pairs.map { TreeHash.node($0, $1) } == parents)
            #expect(TreeHash.parents(of: expected) == parents + (count % 2 == 1 ? [expected[count - 1]] : []))
        }
    }

    @Test func `a frontier made of subtrees has the same head`() {
        let leaves = (0..<300).map { TreeHash.leaf(Array("leaf \($0)".utf8)) }
        for size in [0, 1, 7, 8, 64, 65, 255, 300] {
            var whole = TreeFrontier()
            for leaf in leaves[..<size] { whole.append(leaf) }
            var pieces = TreeFrontier()
            var index = 0
            while index < size {
                if index + 8 <= size {
                    let isPlaced = pieces.append(subtree: TreeHash.head(of: leaves[index..<(index + 8)]), level: 3)
                    #expect(isPlaced)
                    index += 8
                } else {
                    pieces.append(leaves[index])
                    index += 1
                }
            }
            #expect(pieces == whole)
            #expect(whole.head == TreeHash.head(of: leaves[..<size]))
        }
        var odd = TreeFrontier()
        odd.append(leaves[0])
        let isPlaced = odd.append(subtree: leaves[1], level: 1)
        #expect(!isPlaced)
    }
}
