import { systemRandom } from '@clique/crypto'
import type { StoredChunk } from '../storage/chunks.ts'
import { failureCode } from '../words/errors.ts'
import { prepareFile } from './prepare-file.ts'
import type { Handling, Progress } from './prepare-file.ts'
import type { FromWorkshop, ToWorkshop } from './workshop-messages.ts'

/** Decodes, redraws, seals and hashes, so that no screen waits for it. The page keeps what comes of it. */
interface Scope {
  postMessage(message: FromWorkshop, transfer: ArrayBuffer[]): void
  onmessage: ((event: MessageEvent<ToWorkshop>) => void) | null
}
const scope = globalThis as unknown as Scope

let goOn: (() => void) | null = null

scope.onmessage = ({ data }) => {
  if (data.kind === 'kept') goOn?.()
  else void prepare(data.source, data.wish)
}

async function prepare(source: File, wish: Handling): Promise<void> {
  try {
    const prepared = await prepareFile(source, wish, { random: systemRandom, keep })
    scope.postMessage({ kind: 'ready', prepared }, [])
  } catch (error) {
    scope.postMessage({ kind: 'failed', code: failureCode(error) }, [])
  }
}

function keep(batch: StoredChunk[], progress: Progress): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  goOn = resolve
  scope.postMessage(
    { kind: 'batch', batch, progress },
    batch.map(({ bytes }) => bytes.buffer as ArrayBuffer),
  )
  return promise
}
