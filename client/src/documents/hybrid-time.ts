/**
 * Hybrid time orders a conversation: milliseconds since 1970 where clocks agree, and one more than the newest
 * message that its author had seen where they do not. So an answer always stands below what it answers.
 */

/**
 * How far ahead of this device's clock a message may be and still be followed. Two days: a clock set a day wrong,
 * in any time zone, leaves the order as it was written, and drags nobody longer than that. What lies further
 * ahead (a clock in another year, malice) is shown at the end of the conversation but moves nobody's time.
 */
export const maxLead = 2 * 24 * 60 * 60 * 1000

/** Times beyond this are no times: milliseconds until about the year 10,800. */
export const maxTime = 2 ** 48

/** A `sentAt` that is further off than this is shown as wrong. Five minutes: phones are seconds off, not minutes. */
export const clockTolerance = 5 * 60 * 1000

/** The time for a new message. `seen`: times of the messages that its author can see. */
export function nextTime(seen: Iterable<number>, now: number): number {
  let time = now
  for (const other of seen) if (other >= time && isFollowed(other, now)) time = other + 1
  return time
}

/** Whether a time lies close enough to the own clock to be followed. */
export function isFollowed(time: number, now: number): boolean {
  return time <= now + maxLead
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < maxTime
}
