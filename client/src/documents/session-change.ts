import type { Act, ErrorCode, Random, SpaceId } from '@clique/crypto'
import type { KemKey } from './device-keys.ts'

export interface SessionOptions {
  readonly now?: () => number
  readonly random?: Random
}

export type SessionChange =
  | { readonly kind: 'roster' }
  /** `records`: documents grew; `delivery`: what the relay or the others hold has changed. */
  | { readonly kind: 'records' | 'delivery'; readonly space: SpaceId }
  /** Following another tab failed; what is shown may be behind until the next change. */
  | { readonly kind: 'fault'; readonly code: ErrorCode }

/** An act, and the KEM keys that this device keeps from then on, where it makes others. */
export type DeviceAct = Act & { readonly kemKeys?: readonly KemKey[] }

export interface ItemReception {
  readonly accepted: number
  readonly waiting: number
  readonly refused: readonly { readonly item: Uint8Array; readonly code: ErrorCode }[]
}
