import { CliqueError } from '@clique/crypto'
import type { MailboxId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import type { MailboxSession } from './ports.ts'

/** Bytes that one batch aims at; a larger item goes alone. */
const batchBytes = 512 * 1024

/** Codes that are about one item and would come again for ever. */
const itemCodes: readonly string[] = ['relay-item-size', 'relay-unpadded', 'relay-message', 'frame-too-large']

export interface Part {
  readonly bytes: Uint8Array
}

/**
 * What a relay will not take, so that nothing behind it waits for it. Kept for as long as the relay is used: a
 * refusal that ends the session is remembered in the next one.
 */
export class SetAside {
  readonly #refused = new Map<string, CliqueError['code']>()
  /** In a batch when a session ended over it: from now on each goes alone. */
  readonly #suspects = new Set<string>()

  /** What people should know of it. */
  get trouble(): CliqueError['code'] | null {
    return [...this.#refused.values()].at(-1) ?? null
  }

  has(name: string): boolean {
    return this.#refused.has(name)
  }

  add(name: string, code: CliqueError['code']): void {
    this.#refused.set(name, code)
    this.#suspects.delete(name)
  }

  suspect(names: readonly string[]): void {
    for (const name of names) this.#suspects.add(name)
  }

  isSuspect(name: string): boolean {
    return this.#suspects.has(name)
  }

  clear(name: string): void {
    this.#suspects.delete(name)
  }
}

export interface AppendHost<T extends Part> {
  readonly session: Pick<MailboxSession, 'append' | 'isOver'>
  readonly mailbox: MailboxId
  /** Milliseconds since 1970 by the relay's clock. */
  readonly keepUntil: number
  readonly setAside: SetAside
  readonly nameOf: (part: T) => string
  /** A signed receipt for these is verified. Until this has settled nothing more is appended. */
  onStored(parts: readonly T[], first: number): Promise<void>
}

/**
 * Appends in batches. When a relay dies between append and receipt nothing is marked, and the next session
 * appends again: a record that is there twice is taken in once. What the relay will never take is set aside.
 *
 * @throws CliqueError what ended the session, or a refusal that may pass (quota, speed, storage)
 */
export async function appendAll<T extends Part>(parts: readonly T[], host: AppendHost<T>): Promise<void> {
  const { setAside, nameOf } = host
  const fitting: T[] = []
  for (const part of parts) {
    if (setAside.has(nameOf(part))) continue
    if (part.bytes.length <= limits.itemSize) fitting.push(part)
    else setAside.add(nameOf(part), 'relay-item-size')
  }
  for (const run of cutAtSuspects(fitting, host)) {
    for (const batch of cutIntoBatches(run, batchBytes, limits.itemsPerAppend)) {
      try {
        await appendBatch(batch, host)
      } catch (error) {
        if (!isAboutItems(error) || host.session.isOver) throw error
        await appendOneByOne(batch, host)
      }
    }
  }
}

async function appendBatch<T extends Part>(batch: readonly T[], host: AppendHost<T>): Promise<void> {
  const { setAside, session } = host
  const names = batch.map((part) => host.nameOf(part))
  const items = batch.map(({ bytes }) => bytes)
  try {
    const receipt = await session.append(host.mailbox, items, host.keepUntil)
    for (const name of names) setAside.clear(name)
    await host.onStored(batch, receipt.leaf.first)
  } catch (error) {
    // With the session over, nobody says which one it was: in the next session they are tried one by one.
    if (isAboutItems(error) && session.isOver) {
      const [only] = names
      if (names.length === 1 && only !== undefined) setAside.add(only, error.code)
      else setAside.suspect(names)
    }
    throw error
  }
}

async function appendOneByOne<T extends Part>(batch: readonly T[], host: AppendHost<T>): Promise<void> {
  for (const part of batch) {
    try {
      await appendBatch([part], host)
    } catch (error) {
      if (!isAboutItems(error) || host.session.isOver) throw error
      host.setAside.add(host.nameOf(part), error.code)
    }
  }
}

function isAboutItems(error: unknown): error is CliqueError {
  return error instanceof CliqueError && itemCodes.includes(error.code)
}

/** In order; a suspect is alone in its run. */
function cutAtSuspects<T extends Part>(parts: readonly T[], { setAside, nameOf }: AppendHost<T>): T[][] {
  const runs: T[][] = []
  let isOpen = false
  for (const part of parts) {
    const isSuspect = setAside.isSuspect(nameOf(part))
    const run = runs.at(-1)
    if (isSuspect || !isOpen || run === undefined) runs.push([part])
    else run.push(part)
    isOpen = !isSuspect
  }
  return runs
}

/** At least one part in each batch, so one over the aimed size goes alone. */
export function cutIntoBatches<T extends Part>(
  parts: readonly T[],
  aimBytes: number,
  maxParts: number,
): T[][] {
  const batches: T[][] = []
  let size = 0
  for (const part of parts) {
    const last = batches.at(-1)
    if (last === undefined || size + part.bytes.length > aimBytes || last.length >= maxParts) {
      batches.push([part])
      size = part.bytes.length
    } else {
      last.push(part)
      size += part.bytes.length
    }
  }
  return batches
}
