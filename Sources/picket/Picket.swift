import ArgumentParser

@main
struct Picket: AsyncParsableCommand {}
