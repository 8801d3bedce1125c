const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/**
 * Every size, count and wait of the conversation, with its reason. Those that a device must know to behave are
 * published, signed, in the relay's policy document. Sizes in bytes, times in milliseconds.
 */
export const limits = {
  /** The largest sealed record is 1 MiB with its seal; a rotation for 450 devices is 540 KiB. */
  itemSize: MiB + 64 * KiB,
  /** One largest item and the message around it, or 1,000 offsets and a signed range. */
  frameSize: MiB + 128 * KiB,
  /** An outbox that empties after a weekend goes in few batches; one signature covers each. */
  itemsPerAppend: 256,
  /** A catch-up takes few round trips, and the relay's memory holds few answers. */
  itemsPerRead: 1000,
  /** Bytes of items in one range, unless a single item is larger: an answer always fits a frame. */
  bytesPerRead: MiB,
  /** Requests a session may have unanswered; beyond it the relay stops reading the stream. */
  requestsInFlight: 32,
  /** Bytes of requests that a device has unanswered: where the way there knows no pressure back, as WebRTC, it waits by itself. */
  unansweredBytes: 2 * MiB,
  /** Answers waiting for a slow reader; beyond it the relay stops reading that device's requests. */
  outgoingBytes: 4 * MiB,
  /** Admin keys of one tenant: each device of an admin has its own, and a person has eight devices at most. */
  adminKeys: 64,
  /** Mailboxes open in one session: weekly epochs of a year in several spaces. */
  mailboxesPerSession: 1024,
  /** A device keeps one session; a second tab that takes over may overlap with the first. */
  sessionsPerPeer: 4,
  /** Sessions of all devices: four cliques of 450 devices. */
  sessions: 2000,

  /** A question about chunks of one large file takes few round trips, and few KiB. */
  chunksPerQuestion: 256,
  /** Chunks on their way in one session, up or down; beyond it the relay stops reading the stream. */
  chunksInFlight: 4,
  /** The next chunk is fetched for a device when no more than this waits for it: one chunk, and what it reads slowly. */
  chunkOutgoingBytes: 256 * KiB,

  /** From the stream's opening to `hello`: a stranger holds nothing for long. */
  helloWait: 10 * second,
  /** From the first byte of a frame to its last: a slow sender holds a buffer no longer. */
  frameWait: 60 * second,
  /** A connection without a session is closed: pings and identify need none. */
  strangerWait: 30 * second,
  /** The nonce that `prove` and `open` sign: as long as what it leads to. */
  nonceLife: hour,
  /** Short, so that a removed member's evidence of freshness is soon worth nothing. */
  attestationLife: hour,
  /** A page opens the live room at once or asks again. */
  ticketLife: minute,
  /** Unused tickets of one tenant. */
  ticketsPerTenant: 500,
  /** Time for an owner to hand an allow token to somebody. */
  allowLife: 14 * day,
  /** Allow tokens that nobody has used yet. */
  allowsOutstanding: 20,

  /** Roster operations: what lets somebody in who was away for years. */
  keepControl: 3 * 365 * day,
  /** Control items of unattested devices: joins, which members soon fold into attested ones. */
  keepUnattested: 90 * day,
  /** A device that was away for a year still catches up without help. */
  keepContent: 365 * day,
  /** Packages of open invitations. */
  keepInvitation: 90 * day,
  /** The list of a person's cliques has to outlast the person's device. */
  keepRecovery: 3 * 365 * day,

  /** Chunks of files: whoever slept for longer asks the devices of members, who keep them. */
  keepChunks: 90 * day,

  /** Whatever was asked for: a device whose clock is off by a day still keeps what it sends. */
  keepAtLeast: 2 * day,

  /** Stock of a tenant's content. */
  contentBytes: 2 * GiB,
  /** The control mailbox has its own share, which content cannot fill. */
  controlBytes: 256 * MiB,
  /** Appends of unattested devices have theirs, so they crowd out nobody. A large join takes half a MiB. */
  unattestedBytes: 16 * MiB,
  /** All invitation mailboxes of a tenant, and one of them: a roster and its preview. */
  invitationBytes: 64 * MiB,
  invitationMailboxBytes: 4 * MiB,
  /** All recovery mailboxes of a tenant, and one of them: some hundred list entries. */
  recoveryBytes: 64 * MiB,
  recoveryMailboxBytes: 256 * KiB,
  /** Mailboxes with something in them, each kind by itself. Content: weekly epochs of many spaces for a year. */
  contentMailboxes: 18_000,
  /** Open invitations, and those that ended lately. */
  invitationMailboxes: 1000,
  /** One for each person. */
  recoveryMailboxes: 1000,
  /** Mailboxes that one device makes at once, and in an hour: all spaces of a clique after a new epoch. */
  mailboxBurst: 256,
  mailboxesPerHour: 360,
  /** Chunks of a tenant's files have their own share: pictures never crowd out words. Some 1,500 photos. */
  chunkBytes: 4 * GiB,

  /** A device sends this much at once, then at the rate below. In memory alone: what is stored names nobody. */
  peerBurst: 64 * MiB,
  peerBytesPerSecond: MiB,
  /** A PeerId that this relay has not known for an hour is slower, so that new ones are not worth making. */
  newPeerBurst: 16 * MiB,
  newPeerBytesPerSecond: 128 * KiB,
  newPeerFor: hour,
  /** Without an attestation a device sends a join or a list entry, not more. */
  strangerBurst: 4 * MiB,
  strangerBytesPerSecond: 16 * KiB,
  /** Signatures that are checked for a device without an attestation: it offers the capabilities of some years, and again. */
  strangerCheckBurst: 256,
  strangerChecksPerMinute: 120,
  /** For one with it: it opens all mailboxes of a session, and comes back a few times. */
  memberCheckBurst: 4096,
  memberChecksPerMinute: 1200,

  /** Chunks have a pace of their own, so that a device with many pictures can still speak. */
  chunkBurst: 256 * MiB,
  chunkBytesPerSecond: 4 * MiB,
  newPeerChunkBurst: 64 * MiB,
  newPeerChunkBytesPerSecond: MiB,

  /** Inner hashes of one consistency proof. */
  proofHashes: 66,
} as const

export type LimitName = keyof typeof limits
export type Limits = Readonly<Record<LimitName, number>>
