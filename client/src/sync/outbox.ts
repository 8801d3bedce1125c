import { CliqueError } from '@clique/crypto'
import type { MailboxId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import type { RelaySession } from '../network/relay-session.ts'

/** Bytes that one batch aims at; a larger item goes alone. */
const batchBytes = 512 * 1024

/** Codes that are about one item and would come again for ever. */
const itemCodes: readonly string[] = ['relay-item-size', 'relay-unpadded', 'relay-message', 'frame-too-large']

export interface Part {
  readonly bytes: Uint8Array
}

export interface AppendHost<T extends Part> {
  readonly session: RelaySession
  readonly mailbox: MailboxId
  /** Milliseconds since 1970 by the relay's clock. */
  readonly keepUntil: number
  /** A signed receipt for these is verified. Until this has settled nothing more is appended. */
  onStored(parts: readonly T[], first: number): Promise<void>
  /** The relay will never take this one. */
  onImpossible(part: T, code: CliqueError['code']): void
}

/**
 * Appends in batches. When a relay dies between append and receipt nothing is marked, and the next session
 * appends again: a record that is there twice is taken in once.
 *
 * @throws CliqueError what ended the session, or a refusal that may pass (quota, speed, storage)
 */
export async function appendAll<T extends Part>(parts: readonly T[], host: AppendHost<T>): Promise<void> {
  for (const batch of cutIntoBatches(parts, batchBytes, limits.itemsPerAppend)) {
    try {
      await appendBatch(batch, host)
    } catch (error) {
      if (!isAboutItems(error)) throw error
      await appendOneByOne(batch, host)
    }
  }
}

async function appendBatch<T extends Part>(batch: readonly T[], host: AppendHost<T>): Promise<void> {
  const items = batch.map(({ bytes }) => bytes)
  const receipt = await host.session.append(host.mailbox, items, host.keepUntil)
  await host.onStored(batch, receipt.leaf.first)
}

async function appendOneByOne<T extends Part>(batch: readonly T[], host: AppendHost<T>): Promise<void> {
  for (const part of batch) {
    try {
      await appendBatch([part], host)
    } catch (error) {
      if (!(error instanceof CliqueError) || !isAboutItems(error)) throw error
      host.onImpossible(part, error.code)
    }
  }
}

function isAboutItems(error: unknown): boolean {
  return error instanceof CliqueError && itemCodes.includes(error.code)
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
