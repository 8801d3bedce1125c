/**
 * In the built app these stand in for what libp2p looks for others with: relays among those whom it meets, anybody by walking
 * about, and what strangers keep. A clique has its own relays and members, and asks nobody else.
 *
 * The names are the library's. Should somebody ask for another one, the build fails.
 */
export class RelayDiscovery extends EventTarget {
  start(): void {}
  stop(): void {}
  startDiscovery(): void {}
  stopDiscovery(): void {}
}

export class RandomWalk extends EventTarget {
  start(): void {}
  stop(): void {}
}

export class CompoundContentRouting {
  start(): void {}
  stop(): void {}
}
