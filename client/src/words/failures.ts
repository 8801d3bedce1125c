import { codeSentences, damagedCodes, type FailureSentence } from './code-sentences.ts'
import type { Failures } from './english-failures.ts'

/** What can go wrong in the app itself, above what the parts below have codes for. */
const appSentences = {
  'link-missing': 'linkMissing',
  'link-broken': 'linkBroken',
  'link-not-invitation': 'linkNotInvitation',
  'already-member': 'alreadyMember',
  'permission-broken': 'permissionBroken',
  'name-invalid': 'nameInvalid',
  'storage-newer': 'storageNewer',
  'clock-off': 'clockOff',
  'file-empty': 'fileEmpty',
  'file-too-large': 'fileTooLarge',
  'file-unreadable': 'fileUnreadable',
  'file-not-here': 'fileNotHere',
  'files-too-many': 'filesTooMany',
  'picture-too-large': 'pictureTooLarge',
  'picture-damaged': 'pictureDamaged',
  internal: 'internal',
} as const satisfies Record<string, FailureSentence>

export type AppFailure = keyof typeof appSentences

const names: Readonly<Record<string, FailureSentence>> = {
  ...Object.fromEntries(damagedCodes.map((code) => [code, 'damaged'] as const)),
  ...codeSentences,
  ...appSentences,
}

export function hasSentence(code: string): boolean {
  return Object.hasOwn(names, code)
}

/** Finds what is said about a code in one language. */
export function sentencesFrom(failures: Failures): (code: string) => string {
  return (code) => failures[names[code] ?? 'internal']
}
