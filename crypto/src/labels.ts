import { labelsAtRest } from './labels-at-rest.ts'

/**
 * The first bytes of everything that is signed, hashed to a name, or fed to a key derivation. A label ends with a
 * zero byte and holds none before it, so no label is the beginning of another, and nothing made for one purpose
 * can be taken for another.
 */
export const labels = {
  ...labelsAtRest,

  // hashes that name things
  recordId: 'clique/1 record id\0',
  mailboxId: 'clique/1 mailbox id\0',
  chunkId: 'clique/1 chunk id\0',
  storageWaiting: 'clique/1 storage waiting\0',
  yjsClientId: 'clique/1 yjs client id\0',
  operationId: 'clique/1 operation id\0',
  cliqueId: 'clique/1 clique id\0',
  stateHash: 'clique/1 roster state hash\0',

  // signatures
  recordSignature: 'clique/1 record signature\0',
  operationSignature: 'clique/1 operation signature\0',

  // the epoch secret and what follows from it
  epochCommitment: 'clique/1 epoch commitment\0',
  controlCommitment: 'clique/1 control commitment\0',
  contentCommitment: 'clique/1 content commitment\0',
  epochTerms: 'clique/1 epoch terms\0',
  controlKey: 'clique/1 control key\0',
  controlKeyId: 'clique/1 control key id\0',
  contentRoot: 'clique/1 content root\0',
  recordKey: 'clique/1 record key\0',
  recordKeyId: 'clique/1 record key id\0',
  mailboxSeed: 'clique/1 mailbox seed\0',
  gateKey: 'clique/1 gate key\0',
  livePassword: 'clique/1 live room password\0',
  liveRoom: 'clique/1 live room name\0',
  archiveWrap: 'clique/1 archive wrap key\0',
  epochSigning: 'clique/1 epoch signing seed\0',

  // wraps and seals
  wrap: 'clique/1 wrap\0',
  recordSeal: 'clique/1 record seal\0',

  // recovery
  recoveryKem: 'clique/1 recovery kem seed\0',
  recoveryMailbox: 'clique/1 recovery mailbox seed\0',
  recoveryMailboxAt: 'clique/1 recovery mailbox at a relay\0',
  recoveryListKem: 'clique/1 recovery list kem seed\0',
  recoveryList: 'clique/1 recovery list\0',
  recoveryRoot: 'clique/1 recovery member root\0',

  // invitations
  inviteSigning: 'clique/1 invite signing seed\0',
  inviteKem: 'clique/1 invite kem seed\0',
  inviteMailbox: 'clique/1 invite mailbox seed\0',
  invitePackage: 'clique/1 invite package key\0',

  // two devices that meet
  peerGate: 'clique/1 peer gate tag\0',
  peerIdentity: 'clique/1 peer identity\0',
  vectorDigest: 'clique/1 vector digest\0',
  liveState: 'clique/1 live state\0',

  // roster operations, rotations and what travels
  controlSeal: 'clique/1 control seal\0',
  wrapTag: 'clique/1 wrap tag\0',
  wrapsLeaf: 'clique/1 wraps leaf\0',
  epochWrap: 'clique/1 epoch wrap\0',
  recipientKey: 'clique/1 recipient key\0',
  recipients: 'clique/1 recipients\0',
  circle: 'clique/1 circle\0',
  chapterName: 'clique/1 chapter name\0',
  archiveId: 'clique/1 archive id\0',
  archiveKeySeal: 'clique/1 archive key seal\0',
  archiveEntry: 'clique/1 archive entry\0',
  controlLink: 'clique/1 control link\0',
  spaceId: 'clique/1 space id\0',
  spaceTitle: 'clique/1 space title\0',
  stateEntry: 'clique/1 roster state entry\0',
  waitingItem: 'clique/1 waiting item\0',
  inviteNotice: 'clique/1 invite notice\0',
  endNotice: 'clique/1 end notice\0',
  endStatement: 'clique/1 end statement\0',
  pseudonymMailbox: 'clique/1 pseudonym mailbox seed\0',
  pseudonymNote: 'clique/1 pseudonym note\0',
  pseudonymKey: 'clique/1 pseudonym note key\0',
  pseudonymSeal: 'clique/1 pseudonym note seal\0',
  inviteChecksum: 'clique/1 invite link checksum\0',

  // what a device signs for a relay, what a relay signs, and the names both use
  relayProve: 'clique/1 relay prove capability\0',
  relayOpen: 'clique/1 relay open mailbox\0',
  relayRegister: 'clique/1 relay register tenant\0',
  relayRenew: 'clique/1 relay renew capability\0',
  relayRetire: 'clique/1 relay retire capability\0',
  relayAdmins: 'clique/1 relay admin keys\0',
  relayConsent: 'clique/1 relay admin key consent\0',
  relayAllow: 'clique/1 relay allow tenant\0',
  relayAttestation: 'clique/1 relay attestation\0',
  relayRange: 'clique/1 relay signed range\0',
  relayPolicy: 'clique/1 relay policy\0',
  relayTenant: 'clique/1 relay tenant id\0',
  relayItem: 'clique/1 relay item\0',
  relayBatch: 'clique/1 relay batch\0',
  relayItems: 'clique/1 relay items of a range\0',
  relayToken: 'clique/1 relay token\0',
} as const

export type Label = (typeof labels)[keyof typeof labels]
