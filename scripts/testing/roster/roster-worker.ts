import { parentPort, workerData } from 'node:worker_threads'
import { tryBatch } from './tally.ts'
import type { Batch } from './tally.ts'

/** Tries one batch of histories after another, as they are asked for. */
const seed = String(workerData)
parentPort?.on('message', (batch: Batch) => parentPort?.postMessage(tryBatch(seed, batch)))
