/** What the first paint does without, fetched as one. */
export { failures } from './spanish-failures.ts'
export { membership } from './spanish-membership.ts'
