/** What the first paint does without, fetched as one. */
export { failures } from './english-failures.ts'
export { membership } from './english-membership.ts'
