import {
  bytesToId,
  encode,
  decode,
  idToBytes,
  labels,
  readArray,
  readBytes,
  readUint,
  sha256,
  signerFromSeed,
  toHex,
} from '@clique/crypto'
import { factsOfEnded } from '../ports.ts'
import type { CliqueId, DeviceId, MailboxId, OperationId, Signer, SpaceId } from '@clique/crypto'
import { paddedSize, sealedRecordOverhead } from '@clique/crypto'
import { seedToPeer } from '../../network/relay-address.ts'
import type {
  CliqueReplica,
  ContentMailbox,
  ControlItem,
  OutgoingRecords,
  MailboxMark,
  ReplicaChange,
  RosterFacts,
  SealedRecord,
  Taken,
  Whose,
} from '../ports.ts'
import type { Vector } from '../vector.ts'
import { capabilitySigner, mailbox, makeContentMailbox, seedOf } from './test-clique.ts'
import type { TestClique } from './test-clique.ts'

interface Kept {
  readonly bytes: Uint8Array
  /** PeerIds of the relays that have it. */
  readonly relays: Set<string>
  readonly isOwn: boolean
  /** Milliseconds since 1970. */
  readonly receivedAt: number
}

/**
 * A clique without its cryptography: records and items are readable here, so that a test sees what came where.
 * An item is [`item`, number], a record [`record`, device, sequence, text, filling].
 */
export class MemoryReplica implements CliqueReplica {
  readonly clique: CliqueId
  readonly device: DeviceId
  readonly signer: Signer
  readonly netSeed: Uint8Array
  readonly peer: string
  readonly shared: TestClique
  readonly items = new Map<OperationId, Kept>()
  readonly records = new Map<DeviceId, Kept[]>()
  readonly noted = new Map<DeviceId, Vector>()
  /** By relay. */
  readonly marks = new Map<string, Map<MailboxId, MailboxMark>>()
  readonly checkpoints = new Map<string, Uint8Array>()
  readonly logProofs = new Map<string, Uint8Array>()
  readonly webRtcPlaces = new Map<string, string>()
  /** Newest first per space. */
  contents: ContentMailbox[]
  /** This device's clock. */
  now = Date.now()
  /** Of the relay capabilities that this device knows, newest first. */
  generations: readonly number[] = [1]
  refused = 0
  duplicates = 0
  gateKeys: { key: Uint8Array }[]
  /** Records that would have to wait here, and find the room taken. */
  hasNoRoomFor: (record: Uint8Array) => boolean = () => false
  /** Whether a device is meant to open a record. */
  isFor: (reader: DeviceId, record: Uint8Array) => boolean = () => true
  /** Records that were looked at for some reader. */
  looks = 0
  readonly heardHeads = new Map<DeviceId, readonly OperationId[]>()
  /** Set once this device is out. */
  isEnded = false
  readonly #listeners = new Set<(change: ReplicaChange) => void>()

  constructor(shared: TestClique, name: string) {
    this.shared = shared
    this.clique = shared.clique
    this.signer = signerFromSeed(seedOf('device', name, shared.seed))
    this.device = bytesToId('device', this.signer.publicKey)
    this.netSeed = seedOf('net', name, shared.seed)
    this.peer = seedToPeer(this.netSeed)
    this.contents = [makeContentMailbox(shared, shared.space, 0, true)]
    this.gateKeys = [{ key: seedOf('gate', shared.seed) }]
    const member = bytesToId('member', seedOf('member', name, shared.seed))
    shared.devices.set(this.device, { device: this.device, member, peer: this.peer, isIn: true })
  }

  /** By what this device has heard. */
  spacesWith = (device: DeviceId): readonly SpaceId[] =>
    this.shared.strangers.has(device) || this.shared.strangers.has(this.device) ? [] : [this.shared.space]

  facts(): RosterFacts {
    const { shared } = this
    const control = mailbox('control', shared.seed)
    const facts: RosterFacts = {
      heads: [...this.items.keys()].toSorted(),
      spaces: [shared.space],
      relays: shared.relays,
      devices: shared.devices,
      gateKeys: this.gateKeys,
      control,
      contents: this.contents,
      capabilities: this.generations.map((generation) => {
        const signer = capabilitySigner(shared, generation)
        return { control: control.mailbox, generation, publicKey: signer.publicKey, signer }
      }),
      knowsOperation: (id) => this.items.has(id),
      spacesWith: (device) => this.spacesWith(device),
    }
    return this.isEnded ? factsOfEnded(facts, false) : facts
  }

  say(text: string, filling = 0): void {
    const chain = this.records.get(this.device) ?? []
    const bytes = encode(['record', idToBytes(this.device), chain.length, text, new Uint8Array(filling)])
    // As large as the smallest padded record, which is all that a relay takes.
    this.#keepRecord(padTo(bytes), null, true)
    this.#announce({ kind: 'records', space: this.shared.space })
    this.#announce({ kind: 'outbox' })
  }

  act(number: number, filling = 0): void {
    const bytes = padTo(encode(['item', idToBytes(this.device), number, new Uint8Array(filling)]))
    this.items.set(operationOf(bytes), { bytes, relays: new Set(), isOwn: true, receivedAt: this.now })
    this.#announce({ kind: 'roster' })
    this.#announce({ kind: 'outbox' })
  }

  rosterChanged(): void {
    this.#announce({ kind: 'roster' })
  }

  /** What is on screen: every text, by author and place. */
  get texts(): string[] {
    return [...this.records.values()]
      .flat()
      .map(({ bytes }) => String(readArray(decode(unpad(bytes)))[3]))
      .toSorted()
  }

  vector(_space = this.shared.space, reader = this.device): Promise<Vector> {
    const shared = [...this.records].filter(([, chain]) => {
      const last = chain.at(-1)
      return last !== undefined && this.isFor(reader, last.bytes)
    })
    return Promise.resolve(new Map(shared.map(([device, chain]) => [device, chain.length - 1])))
  }

  controlItems(): Promise<ControlItem[]> {
    return Promise.resolve([...this.items].map(([id, { bytes }]) => ({ id, bytes })))
  }

  recordsBeyond(_space: SpaceId, reader: DeviceId, known: Vector, bytes: number): Promise<OutgoingRecords> {
    const found: SealedRecord[] = []
    const passedOver = new Map<DeviceId, number>()
    let size = 0
    for (const [device, chain] of this.records) {
      for (let at = (known.get(device) ?? -1) + 1; at < chain.length && size < bytes; at++) {
        const record = chain[at]
        if (record === undefined) continue
        this.looks++
        if (!this.isFor(reader, record.bytes)) {
          passedOver.set(device, at)
          continue
        }
        found.push({ device, sequence: at, bytes: record.bytes })
        size += record.bytes.length
      }
    }
    return Promise.resolve({ records: found, passedOver })
  }

  takeItems(items: readonly Uint8Array[], relay: string | null): Promise<Taken> {
    let accepted = 0
    let refused = 0
    for (const bytes of items) {
      if (!isGood(bytes, 'item')) refused++
      else if (this.items.has(operationOf(bytes))) this.duplicates++
      else {
        accepted++
        this.items.set(operationOf(bytes), { bytes, relays: new Set(), isOwn: false, receivedAt: this.now })
      }
      if (relay !== null) this.items.get(operationOf(bytes))?.relays.add(relay)
    }
    this.refused += refused
    if (accepted > 0) this.#announce({ kind: 'roster' })
    if (accepted > 0) this.#announce({ kind: 'outbox' })
    return Promise.resolve({ accepted, waiting: 0, refused, left: 0 })
  }

  takeRecords(space: SpaceId, records: readonly Uint8Array[], relay: string | null): Promise<Taken> {
    let accepted = 0
    let refused = 0
    let left = 0
    for (const bytes of records) {
      if (!isGood(bytes, 'record')) refused++
      else if (this.hasNoRoomFor(bytes)) left++
      else if (this.#keepRecord(bytes, relay, false)) accepted++
      else this.duplicates++
    }
    this.refused += refused
    if (accepted > 0) this.#announce({ kind: 'records', space })
    if (accepted > 0) this.#announce({ kind: 'outbox' })
    return Promise.resolve({ accepted, waiting: 0, refused, left })
  }

  noteVector(_space: SpaceId, device: DeviceId, vector: Vector): Promise<void> {
    this.noted.set(device, new Map([...(this.noted.get(device) ?? []), ...vector]))
    return Promise.resolve()
  }

  noteHeads(device: DeviceId, heads: readonly OperationId[]): Promise<void> {
    this.heardHeads.set(device, heads)
    return Promise.resolve()
  }

  /** Records that no relay has. */
  get unsent(): Uint8Array[] {
    return [...this.records.values()].flat().flatMap(({ bytes, relays }) => (relays.size > 0 ? [] : [bytes]))
  }

  get unsentItems(): OperationId[] {
    return [...this.items].flatMap(([id, { relays }]) => (relays.size > 0 ? [] : [id]))
  }

  unrelayedItems(relay: string, whose: Whose, limit: number): Promise<ControlItem[]> {
    const found = [...this.items].filter(
      ([, item]) => !item.relays.has(relay) && (whose === 'all' || item.isOwn),
    )
    return Promise.resolve(found.slice(0, limit).map(([id, { bytes }]) => ({ id, bytes })))
  }

  unrelayedRecords(
    relay: string,
    _space: SpaceId,
    whose: Whose,
    limit: number,
    since: number,
  ): Promise<SealedRecord[]> {
    const isWanted = ({ relays, isOwn, receivedAt }: Kept): boolean =>
      !relays.has(relay) && (whose === 'all' || isOwn) && (receivedAt >= since || relays.size === 0)
    const found = [...this.records].flatMap(([device, chain]) =>
      chain.map((record, sequence) => ({ ...record, device, sequence })).filter(isWanted),
    )
    return Promise.resolve(found.slice(0, limit))
  }

  markItemsRelayed(relay: string, items: readonly ControlItem[]): Promise<void> {
    for (const { id } of items) mustHave(this.items.get(id)).relays.add(relay)
    return Promise.resolve()
  }

  markRecordsRelayed(relay: string, _space: SpaceId, records: readonly SealedRecord[]): Promise<void> {
    for (const { device, sequence } of records)
      mustHave(this.records.get(device)?.[sequence]).relays.add(relay)
    return Promise.resolve()
  }

  mailboxMarks(peer: string): Promise<ReadonlyMap<MailboxId, MailboxMark>> {
    return Promise.resolve(new Map(this.marks.get(peer)))
  }

  saveMailboxMark(peer: string, box: MailboxId, mark: MailboxMark): Promise<void> {
    this.marks.set(peer, new Map(this.marks.get(peer)).set(box, mark))
    return Promise.resolve()
  }

  checkpoint(peer: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.checkpoints.get(peer) ?? null)
  }

  saveCheckpoint(peer: string, head: Uint8Array): Promise<void> {
    this.checkpoints.set(peer, head)
    return Promise.resolve()
  }

  logProof(peer: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.logProofs.get(peer) ?? null)
  }

  saveLogProof(peer: string, proof: Uint8Array): Promise<void> {
    this.logProofs.set(peer, proof)
    return Promise.resolve()
  }

  webRtcPlace(peer: string): Promise<string | null> {
    return Promise.resolve(this.webRtcPlaces.get(peer) ?? null)
  }

  saveWebRtcPlace(peer: string, place: string | null): Promise<void> {
    if (place === null) this.webRtcPlaces.delete(peer)
    else this.webRtcPlaces.set(peer, place)
    return Promise.resolve()
  }

  onChange(listener: (change: ReplicaChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce(change: ReplicaChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  #keepRecord(bytes: Uint8Array, relay: string | null, isOwn: boolean): boolean {
    const fields = readArray(decode(unpad(bytes)), 5)
    const device = bytesToId('device', readBytes(fields[1], 32))
    const sequence = readUint(fields[2])
    const chain = this.records.get(device) ?? []
    this.records.set(device, chain)
    if (relay !== null) chain[sequence]?.relays.add(relay)
    if (sequence !== chain.length) return false
    chain.push({ bytes, relays: new Set(relay === null ? [] : [relay]), isOwn, receivedAt: this.now })
    return true
  }
}

function mustHave<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test marks what it does not hold')
  return value
}

/** Of the smallest sealed record: only such sizes are taken by a relay. */
const smallest = 256 + sealedRecordOverhead

/** CBOR behind its length in two bytes, filled up to a size that a relay takes for padded. */
function padTo(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedSize(Math.max(bytes.length + 4, 256)) + sealedRecordOverhead)
  new DataView(padded.buffer).setUint32(0, bytes.length)
  padded.set(bytes, 4)
  return padded
}

function unpad(padded: Uint8Array): Uint8Array {
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0)
  return padded.slice(4, 4 + length)
}

function isGood(bytes: Uint8Array, kind: 'item' | 'record'): boolean {
  if (bytes.length < smallest) return false
  try {
    return readArray(decode(unpad(bytes)))[0] === kind
  } catch {
    return false
  }
}

function operationOf(bytes: Uint8Array): OperationId {
  return toHex(sha256(labels.operationId, bytes)) as OperationId
}
