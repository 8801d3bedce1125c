import { CliqueError } from '@clique/crypto'
import type { DeviceId, SpaceId } from '@clique/crypto'
import type { FrameChannel } from '../network/frame-channel.ts'
import { cutIntoBatches } from './outbox.ts'
import { PeerSync } from './peer-sync.ts'
import type { Held, SyncEffect } from './peer-sync.ts'
import type { Checkpoints, CliqueReplica, ReplicaChange, SealedRecord, Taken } from './ports.ts'
import { batchBytes, bytesToSyncMessage, maxBatch, shortIdOf, syncMessageToBytes } from './sync-messages.ts'
import type { ShortId, SyncMessage } from './sync-messages.ts'
import { digestVector } from './vector.ts'
import type { Vector } from './vector.ts'

/**
 * Milliseconds before records of a third device are handed on: their author is likely to send them itself, and
 * what the other side says it got in the meantime is not sent again.
 */
const forwardMs = 1_500
/** Milliseconds for both sides to say their last, when a link moves to another connection. */
const finishMs = 5_000
/** Bytes that a slow connection has not taken yet, beyond which no more records are read for it. */
const pauseBytes = 1024 * 1024
/** Bytes of all that is said to a side that takes nothing: the roster of a large clique, and answers. */
const maxUnsent = 64 * 1024 * 1024
/** Refused items and records of one link. An honest device checks before it forwards, so it has none. */
const maxRefused = 32

export interface PeerLinkHost {
  readonly replica: CliqueReplica
  readonly checkpoints: Checkpoints
  /** Milliseconds; returns the function that calls it off. */
  readonly later: (run: () => void, ms: number) => () => void
}

/** Runs `/clique/sync/1` with one authenticated device until either side is done. */
export class PeerLink {
  readonly device: DeviceId
  /** Settles when the link is over, with the reason where it was the other side's fault. */
  readonly ended: Promise<CliqueError | null>
  /** Settles when the other side has said something. */
  readonly heard: Promise<void>

  readonly #replica: CliqueReplica
  readonly #checkpoints: Checkpoints
  readonly #channel: FrameChannel
  readonly #later: PeerLinkHost['later']
  readonly #sync = new PeerSync()
  readonly #stops: readonly (() => void)[]
  readonly #forwards = new Map<SpaceId, () => void>()
  /** Changes here that are already in the queue. */
  readonly #due = new Set<SpaceId | 'roster' | 'checkpoints'>()
  /** What the other side was told of forked chains. Over the next link all of it is said again: this one may lose some. */
  readonly #told = new Set<string>()
  #work: Promise<void> = Promise.resolve()
  #closing: Promise<void> = Promise.resolve()
  /** Bytes that the channel has not taken yet, and what waits until it has. */
  #unsent = 0
  readonly #paused = new Map<SpaceId, 'own' | 'all'>()
  #refused = 0
  #isLeaving = false
  #isOver = false
  #end!: (reason: CliqueError | null) => void
  #hear!: () => void

  constructor(channel: FrameChannel, device: DeviceId, host: PeerLinkHost) {
    this.device = device
    this.#channel = channel
    this.#replica = host.replica
    this.#checkpoints = host.checkpoints
    this.#later = host.later
    this.ended = new Promise((resolve) => (this.#end = resolve))
    this.heard = new Promise((resolve) => (this.#hear = resolve))
    this.#stops = [
      host.replica.onChange((change) => this.#onChange(change)),
      host.checkpoints.onLatest(() => this.#tellCheckpoints()),
    ]
    void this.#enqueue(async () => this.#perform(this.#sync.open(await this.#held())))
    this.#tellCheckpoints()
    void this.#read()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * Says nothing new, hears the other side out, and ends; the other side does the same as soon as it notices. What
   * was sent has arrived then, on both sides, so that a link which follows repeats nothing.
   */
  async finish(): Promise<void> {
    if (!this.#isOver && !this.#isLeaving) {
      this.#leave()
      const stopTimer = this.#later(() => this.close(), finishMs)
      void this.ended.then(stopTimer)
    }
    await this.ended
  }

  close(reason: CliqueError | null = null): void {
    if (this.#isOver) return
    this.#finally(reason)
    this.#channel.abort()
  }

  #finally(reason: CliqueError | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stop()
    this.#end(reason)
  }

  #leave(): void {
    this.#isLeaving = true
    this.#stop()
    void this.#enqueue(() => {
      // Not waited for in the queue: what the other side still says has to be heard meanwhile.
      this.#closing = this.#channel.close()
      return Promise.resolve()
    })
  }

  #stop(): void {
    for (const stop of this.#stops) stop()
    for (const cancel of this.#forwards.values()) cancel()
    this.#forwards.clear()
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.#channel.receive()
        if (frame === null) {
          if (!this.#isLeaving) this.#leave()
          await this.#work
          await this.#closing
          // Both sides have said their last: cutting it off now could lose what is on its way.
          return this.#finally(null)
        }
        this.#hear()
        const message = bytesToSyncMessage(frame)
        if (message.kind === 'summary') await this.#replica.noteHeads(this.device, message.heads)
        // One at a time: while it is worked on, the channel pauses the other side.
        await this.#enqueue(async () => this.#perform(this.#sync.receive(message, await this.#held())))
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Many changes of one kind wait as one: a busy device must not fill its own queue. */
  #onChange(change: ReplicaChange): void {
    if (change.kind === 'roster') {
      if (this.#replica.facts().devices.get(this.device)?.isIn !== true) {
        return this.close(new CliqueError('auth-not-a-member'))
      }
      this.#enqueueOnce('roster', async () => {
        await this.#perform(this.#sync.rosterChanged(await this.#held()))
      })
    } else if (change.kind === 'records') {
      const { space } = change
      this.#enqueueOnce(space, async () => {
        await this.#sendRecords(space, 'own')
        await this.#perform(this.#sync.recordsChanged(space, await this.#held()))
      })
      this.#forwardLater(space)
    }
  }

  #tellCheckpoints(): void {
    this.#enqueueOnce('checkpoints', async () => {
      await this.#perform(this.#sync.checkpointsChanged(await this.#checkpoints.latest()))
    })
  }

  #enqueueOnce(name: SpaceId | 'roster' | 'checkpoints', work: () => Promise<void>): void {
    if (this.#due.has(name)) return
    this.#due.add(name)
    void this.#enqueue(() => {
      this.#due.delete(name)
      return work()
    })
  }

  #forwardLater(space: SpaceId): void {
    if (this.#forwards.has(space)) return
    const cancel = this.#later(() => {
      this.#forwards.delete(space)
      void this.#enqueue(() => this.#sendRecords(space, 'all'))
    }, forwardMs)
    this.#forwards.set(space, cancel)
  }

  /** Runs after all that was queued before. A failure ends the link; the promise itself never rejects. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#isOver) return
      try {
        await work()
      } catch (error) {
        this.#fail(error)
      }
    })
    return this.#work
  }

  #fail(error: unknown): void {
    this.close(error instanceof CliqueError ? error : new CliqueError('peer-silent'))
    // Our own bug is not the other side's fault: it ends the link and is seen.
    if (!(error instanceof CliqueError)) reportError(error)
  }

  async #held(): Promise<Held> {
    const facts = this.#replica.facts()
    const vectors = new Map<SpaceId, Vector>()
    for (const space of facts.spacesWith(this.device)) {
      vectors.set(space, await this.#replica.vector(space, this.device))
    }
    const digests = new Map([...vectors].map(([space, vector]) => [space, digestVector(vector)]))
    return { heads: facts.heads, knowsOperation: (id) => facts.knowsOperation(id), vectors, digests }
  }

  async #perform(effects: readonly SyncEffect[]): Promise<void> {
    for (const effect of effects) {
      if (this.#isOver) return
      switch (effect.kind) {
        case 'send':
          this.#send(effect.message)
          break
        case 'send-roster':
          await this.#sendRoster()
          break
        case 'send-items':
          await this.#sendItems(effect.except)
          break
        case 'send-records':
          await this.#sendRecords(effect.space, 'all')
          break
        case 'send-forks':
          await this.#sendRecords(effect.space, 'own')
          break
        case 'take-items':
          this.#count(await this.#replica.takeItems(effect.items, null))
          break
        case 'take-records':
          this.#count(await this.#replica.takeRecords(effect.space, effect.records, null))
          break
        case 'compare-checkpoints':
          for (const checkpoint of effect.checkpoints) await this.#checkpoints.heard(this.device, checkpoint)
          break
        case 'note-vector':
          await this.#replica.noteVector(effect.space, this.device, effect.vector)
          break
      }
    }
  }

  /**
   * Nothing waits here until the other side has taken it, or two sides that both have much to say would wait for each
   * other for ever. A link that is left says nothing more; the one that follows begins with what is held then.
   */
  #send(message: SyncMessage): void {
    if (this.#isLeaving || this.#isOver) return
    const bytes = syncMessageToBytes(message)
    this.#unsent += bytes.length
    if (this.#unsent > maxUnsent) throw new CliqueError('sync-too-much')
    this.#channel.send(bytes).then(
      () => {
        this.#unsent -= bytes.length
        if (this.#unsent <= pauseBytes / 2) this.#resume()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #resume(): void {
    for (const [space, whose] of this.#paused) void this.#enqueue(() => this.#sendRecords(space, whose))
    this.#paused.clear()
  }

  #count(taken: Taken): void {
    this.#refused += taken.refused
    if (this.#refused > maxRefused) throw new CliqueError('sync-too-much')
  }

  async #sendRoster(): Promise<void> {
    const held = new Set((await this.#replica.controlItems()).map(({ id }) => shortIdOf(id)))
    this.#send({ kind: 'roster', held })
  }

  async #sendItems(except: ReadonlySet<ShortId>): Promise<void> {
    const items = (await this.#replica.controlItems()).filter(({ id }) => !except.has(shortIdOf(id)))
    for (const batch of cutIntoBatches(items, batchBytes, maxBatch)) {
      this.#send({ kind: 'items', items: batch.map(({ bytes }) => bytes) })
    }
  }

  /** `own`: what this device wrote, at once. `all`: also what others wrote and the other side still lacks. */
  async #sendRecords(space: SpaceId, whose: 'own' | 'all'): Promise<void> {
    for (;;) {
      const expected = this.#sync.expected(space)
      if (expected === null || this.#isLeaving || this.#isOver) return
      // Whoever was taken out of a space meanwhile gets nothing more of it.
      if (!this.#replica.facts().spacesWith(this.device).includes(space)) return
      if (this.#unsent > pauseBytes) {
        this.#paused.set(space, this.#paused.get(space) === 'all' ? 'all' : whose)
        return
      }
      const known = whose === 'all' ? expected : await this.#allButOwn(space, expected)
      const { records, passedOver } = await this.#replica.recordsBeyond(
        space,
        this.device,
        known,
        batchBytes,
        this.#told,
      )
      this.#sync.sent(space, passedOver)
      if (records.length === 0) return
      for (const batch of cutIntoBatches(records, batchBytes, maxBatch)) {
        const sealed = batch.map(({ bytes }) => bytes)
        this.#send({ kind: 'records', space, records: sealed })
        this.#sync.sent(space, reach(batch))
      }
    }
  }

  /** As if the other side held everything but this device's own records. */
  async #allButOwn(space: SpaceId, expected: Vector): Promise<Vector> {
    const known = new Map(await this.#replica.vector(space))
    const own = expected.get(this.#replica.device)
    if (own === undefined) known.delete(this.#replica.device)
    else known.set(this.#replica.device, own)
    return known
  }
}

function reach(records: readonly SealedRecord[]): Vector {
  const vector = new Map<DeviceId, number>()
  for (const { device, sequence } of records) {
    vector.set(device, Math.max(sequence, vector.get(device) ?? sequence))
  }
  return vector
}
