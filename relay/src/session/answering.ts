import { checkChunk, CliqueError, fromHex, signCheckpoint, verifySignature } from '@clique/crypto/verify'
import {
  hashOfBatch,
  hashOfItems,
  leafToBytes,
  limits,
  logOrigin,
  nonceSize,
  receiptToBytes,
  relayVersion,
  signAttestation,
  signPolicy,
  signRange,
  tokenSize,
} from '../../protocol/index.ts'
import type { WebRtcPlace } from '../../protocol/index.ts'
import type { Identity } from '../identity.ts'
import type { ChunkStorage } from '../storage/chunk-storage.ts'
import type { Appended, MailboxPlace, Reading, RelayStorage, TenantId } from '../storage/storage.ts'
import type { Tickets } from '../tickets.ts'
import type { Answering, Storing } from './questions.ts'
import { hashOfToken } from './tenant-requests.ts'

/** The world that sessions ask. */
export interface World {
  readonly storage: RelayStorage
  readonly chunks: ChunkStorage
  readonly identity: Identity
  readonly tickets: Tickets
  /** The UDP port at which this relay answers STUN, or null. */
  readonly stunPort: () => number | null
  /** Where it takes WebRTC connections, or null. */
  readonly webRtc: () => WebRtcPlace | null
  readonly now: () => number
  readonly random: (n: number) => Uint8Array
}

/** What one session's answers tell the others. */
export interface Telling {
  watch(place: MailboxPlace): void
  unwatch(place: MailboxPlace): void
  grew(place: MailboxPlace, next: number): void
  retired(tenant: TenantId, generation: number): void
}

/** Signs each checkpoint once, however many receipts of a flush hold it. */
export class CheckpointNotes {
  readonly #identity: Identity
  readonly #last = new Map<TenantId, { size: number; note: Promise<string> }>()

  constructor(identity: Identity) {
    this.#identity = identity
  }

  noteOf({ tenant, size, root }: Pick<Appended, 'tenant' | 'size' | 'root'>): Promise<string> {
    const last = this.#last.get(tenant)
    if (last?.size === size) return last.note
    const origin = logOrigin(this.#identity.key, fromHex(tenant))
    const note = signCheckpoint(this.#identity.checkpointSigner, { origin, size, root })
    if (this.#last.size >= notesKept) this.#last.clear()
    this.#last.set(tenant, { size, note })
    return note
  }
}
const notesKept = 1000

/** The signed policy document: where STUN is answered and WebRTC connections are taken, and every limit by its name. */
export function policyOf({
  identity,
  stunPort,
  webRtc,
  now,
}: Pick<World, 'identity' | 'stunPort' | 'webRtc' | 'now'>): Uint8Array {
  const published = new Map<string, number>(Object.entries(limits))
  const policy = {
    relay: identity.key,
    version: relayVersion,
    issued: now(),
    stunPort: stunPort(),
    webRtc: webRtc(),
    limits: published,
  }
  return signPolicy(policy, identity.signStatement)
}

/** Answers one session's questions. `peer` is its device. */
export function answeringFor(
  world: World,
  notes: CheckpointNotes,
  peer: string,
  telling: Telling,
): Answering {
  const { storage, chunks, identity, tickets, now, random } = world
  const readNothing = async (tenant: TenantId, cursor: number): Promise<Omit<Reading, 'tenant'>> => {
    const next = (await storage.findTenant(tenant))?.firstOffset ?? 0
    return { items: [], to: Math.max(cursor, next), next }
  }
  return {
    verify: async ({ checks }) => {
      const verdicts = await Promise.all(
        checks.map(({ key, input, signature }) => verifySignature(key, input, signature)),
      )
      return verdicts.every(Boolean)
    },
    nonce: async () => random(nonceSize),
    capability: ({ control, key }) => storage.findCapability(control, key),
    tenant: ({ id }) => storage.findTenant(id),
    admin: ({ key }) => storage.findAdmin(key),
    setAdmins: ({ tenant, by, keys }) => storage.setAdmins(tenant, by, keys),
    attest: async ({ tenant, generation, expires }) => {
      const { size, root } = await storage.logState(tenant)
      const facts = { relay: identity.key, peer, tenant: fromHex(tenant), generation }
      return signAttestation({ ...facts, issued: now(), expires, size, root }, identity.signStatement)
    },
    mailbox: ({ place }) => storage.findMailbox(place),
    append: async (storing) => {
      const appended = await storage.append({ ...storing, time: now(), ...leafMaker(storing, now()) })
      telling.grew(storing.place, appended.next)
      const { leaf, index, proof, tenant, next } = appended
      const note = await notes.noteOf(appended)
      return { receipt: receiptToBytes({ tenant: fromHex(tenant), leaf, index, proof, note }), next }
    },
    watch: async ({ place }) => {
      telling.watch(place)
      return null
    },
    unwatch: async ({ place }) => {
      telling.unwatch(place)
      return null
    },
    read: async ({ mailbox, place: at, tenant, cursor, maxBytes }) => {
      const found = await storage.read(at, cursor, maxBytes, limits.itemsPerRead)
      // Its name was taken anew by others after it was gone.
      if (found !== null && found.tenant !== tenant) throw new CliqueError('relay-other-tenant')
      const { items, to, next } = found ?? (await readNothing(tenant, cursor))
      const { size, root } = await storage.logState(tenant)
      const place = { mailbox, from: cursor, to, next, items: hashOfItems(items) }
      const facts = { relay: identity.key, tenant: fromHex(tenant), time: now(), size, root }
      return { items, statement: signRange({ ...facts, ...place }, identity.signStatement) }
    },
    register: (tenant) => storage.register(tenant, now()),
    renew: ({ tenant, by, generation, key }) => storage.renew(tenant, by, generation, key),
    retire: async ({ tenant, by, generation }) => {
      const before = await storage.findTenant(tenant)
      const refusal = await storage.retire(tenant, by, generation)
      // Admins repeat it in every session; what ended long ago ends nothing anew.
      if (refusal === null && generation > (before?.retired ?? 0)) telling.retired(tenant, generation)
      return refusal
    },
    allow: async () => {
      const token = random(tokenSize)
      const expires = now() + limits.allowLife
      const isAllowed = await storage.allow(hashOfToken(token), now(), expires, limits.allowsOutstanding)
      return isAllowed ? { token, expires } : null
    },
    ticket: async ({ tenant }) => tickets.grant(tenant, now()),
    policy: async () => policyOf(world),
    putChunk: async (chunk) => {
      await checkChunk(chunk.bytes, chunk.id)
      return chunks.put(chunk)
    },
    getChunk: ({ tenant, id }) => chunks.get(tenant, id),
    haveChunks: ({ tenant, ids }) => chunks.have(tenant, ids),
    consistency: ({ tenant, oldSize, size }) => storage.proveConsistency(tenant, oldSize, size),
  }
}

function leafMaker(storing: Storing, time: number): { makeLeaf(first: number): Uint8Array } {
  const { mailbox, items, keepUntil } = storing
  const batch = hashOfBatch(items)
  return {
    makeLeaf: (first) => leafToBytes({ mailbox, first, count: items.length, batch, time, keepUntil }),
  }
}
