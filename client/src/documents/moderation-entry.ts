import { isId } from '@clique/crypto'
import type { DeviceId, MemberId, RecordId } from '@clique/crypto'
import { isTime } from './hybrid-time.ts'

/** Hides that one entry lifts, one for each device that hid: more are lifted by another entry. */
export const maxLifts = 64

/** Which message: the record that brought it, and its place among all that this brought. */
export interface MessageName {
  readonly device: DeviceId
  readonly sequence: number
  /** Of a chain that forked, that of the one branch and not of the other. */
  readonly record: RecordId
  readonly index: number
}

/** A device, and the sequence of a record of its: all of its records up to there. */
export interface ChainPart {
  readonly device: DeviceId
  readonly sequence: number
}

/** A record that hides a message, and counts. */
export interface StandingHide extends ChainPart {
  readonly by: MemberId
}

interface Written {
  /** Hybrid time, never before that of the message: whoever shows the message has looked at what came since. */
  readonly time: number
  /** Milliseconds since 1970 by the author's clock. */
  readonly sentAt: number
}

/** Hides a message for everybody in the conversation. */
export interface HideEntry extends Written {
  readonly kind: 'hide'
  readonly message: MessageName
}

/** Shows it again: lifts what hides it of these devices, up to these records. */
export interface ShowEntry extends Written {
  readonly kind: 'show'
  readonly message: MessageName
  readonly lifts: readonly ChainPart[]
}

/** What somebody hid and showed before they lost the right to stands, up to this record of a device of theirs. */
export interface StandEntry extends Written, ChainPart {
  readonly kind: 'stand'
}

export type ModerationEntry = HideEntry | ShowEntry | StandEntry

/** Null for what is none that this version honours. */
export function readModeration(value: object): ModerationEntry | null {
  if (!('kind' in value && 'time' in value && 'sentAt' in value)) return null
  const { kind, time, sentAt } = value
  if (!isTime(time) || !isTime(sentAt)) return null
  if (kind === 'stand') {
    const part = readPart(value)
    return part === null ? null : { kind, time, sentAt, ...part }
  }
  const message = 'message' in value ? readName(value.message) : null
  if (message === null) return null
  if (kind === 'hide') return { kind, time, sentAt, message }
  const lifts = kind === 'show' && 'lifts' in value ? readLifts(value.lifts) : null
  return lifts === null ? null : { kind: 'show', time, sentAt, message, lifts }
}

function readName(value: unknown): MessageName | null {
  const part = readPart(value)
  if (part === null || typeof value !== 'object' || value === null) return null
  if (!('record' in value && 'index' in value)) return null
  const { record, index } = value
  return isId('record', record) && isCount(index) ? { ...part, record, index } : null
}

/** All or none: one that is left out would stay hidden by it. */
function readLifts(value: unknown): ChainPart[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxLifts) return null
  const lifts = value.map(readPart)
  return lifts.every((lift) => lift !== null) ? lifts : null
}

function readPart(value: unknown): ChainPart | null {
  if (typeof value !== 'object' || value === null || !('device' in value && 'sequence' in value)) return null
  const { device, sequence } = value
  return isId('device', device) && isCount(sequence) && sequence > 0 ? { device, sequence } : null
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
