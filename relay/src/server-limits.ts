const second = 1000
const minute = 60 * second
const hour = 60 * minute
const KiB = 1024
const MiB = 1024 * KiB

/**
 * Sizes, counts and waits of the server around the conversation, each with its reason; those of the conversation are
 * in protocol/limits.ts. Sizes in bytes, times in milliseconds.
 */
export const serverLimits = {
  /** Sockets on the public port, of every kind: all sessions, their reconnects, and people loading the app. */
  sockets: 4000,
  /** A request's head has to be there in this time, the whole request in the next. */
  headWait: 10 * second,
  requestWait: 20 * second,
  /** Addresses of the app and tickets are short. */
  headSize: 8 * KiB,
  /** A connection that is kept alive between two requests. */
  keepAliveWait: 10 * second,

  /** libp2p connections: one per device that is awake. */
  connections: 2000,
  /** Handshakes at once, and a second, from one address: a whole clique behind one router comes back at once. */
  pendingConnections: 200,
  connectionsPerSecond: 200,
  /** From the WebSocket's opening to the end of noise and yamux. */
  handshakeWait: 10 * second,
  /** One WebSocket message: libp2p sends noise frames of 64 KiB, some together. */
  webSocketMessage: 4 * MiB,
  /** Window of one stream: bounds what a sender may have on the way to us, and so our memory. */
  streamWindow: MiB,
  /** Signs of life on an idle connection; a dead one shows after about twice that. */
  pingEvery: 30 * second,
  /** From the end of a device's session to the next one's proof, without losing connection, place and circuits. */
  betweenSessions: 10 * second,
  /** Between two looks at connections without a session, at sessions without an attestation, at expired items. */
  sweepEvery: 10 * second,
  pruneEvery: 10 * minute,
  /** Batches removed in one transaction: others wait for it. */
  pruneAtOnce: 500,

  /** Of what an operator lets the relay store, chunks of files may take this part; the rest is for mailboxes. */
  chunksPart: 3 / 4,
  /** Chunks stop before the disk is full, so that messages and everything else on the machine go on. */
  diskReserve: 256 * MiB,

  /** Circuit relay. Reservations: one for each device of four cliques. */
  reservations: 2000,
  reservationLife: hour,
  /** One device linked with 449 others, by circuits that it opened and that others opened to it. */
  circuitsPerConnection: 512,
  /** From a stream that asks for a circuit to its being there: the request, and the answer of whom it leads to. */
  circuitWait: 10 * second,
  /** A circuit stands in where no direct link comes about, for as long as people sit together... */
  circuitLife: 12 * hour,
  /** ...and carries their messages and pictures. */
  circuitBytes: 1024 * MiB,

  /** Signaling: a page has a connection for each clique and a topic for each space that is open. */
  signalConnections: 2000,
  signalTopics: 64,
  signalTopicLength: 256,
  /** One message: a session description with its candidates, encrypted. */
  signalMessage: 64 * KiB,
  /** Messages at once and a second, from one page: announcing itself in every room. */
  signalBurst: 200,
  signalPerSecond: 20,
  /** Bytes that wait for a page which does not read. */
  signalOutgoing: MiB,
  signalPingEvery: 30 * second,

  /** STUN: answers at once and a second, to one address: a clique behind one router that comes back. */
  stunBurst: 200,
  stunPerSecond: 20,
  /** To all addresses together, as a sender's address can be forged. */
  stunAllBurst: 4000,
  stunAllPerSecond: 1000,
  /** Addresses in memory; the one that asked longest ago goes first. */
  stunAddresses: 10_000,
  /** Between two looks at where the relay's own name leads: a line at home may get another address each night. */
  outerAddressEvery: 5 * minute,

  /** WebRTC: connections, each of which costs memory outside of JavaScript's. More devices than live around a relay at home. */
  webRtcConnections: 500,
  /** Handshakes under way, and begun a second: each costs a key agreement, and whoever begins one can be anybody. */
  webRtcPending: 64,
  /** Those of one address at once and a second: everybody of a home comes back together. */
  webRtcBurst: 40,
  webRtcPerSecond: 4,
  /**
   * Bytes of one stream that were sent here and are not read yet. Data channels know no pressure back, so whoever sends
   * more loses the stream. Twice what a device may have unanswered, or the yamux windows of a link on a circuit.
   */
  webRtcUnread: 4 * MiB,
  /** Bytes of one stream that wait to be sent, beyond which it says so: as for WebSockets, an answer or two. */
  webRtcOutgoing: MiB,

  /** From SIGTERM: answers that are on their way go out. */
  stopWait: 3 * second,
  /** Then sockets end by themselves. */
  socketEndWait: second,
} as const
