import type { PersonView, Signing } from './person-view.ts'

/** What the page of a person offers, in the order in which it stands there. */
export type PersonAct = 'confirm' | 'role' | 'sign-recovery' | 'recover' | 'sign-removal' | 'remove' | 'leave'

/** What I may do about somebody just now. */
export function actsFor(view: PersonView): PersonAct[] {
  const acts: PersonAct[] = []
  if (view.mayConfirm) acts.push('confirm')
  if (view.roles.length > 0) acts.push('role')
  if (view.mayRecover !== null) acts.push(...together(view.mayRecover, 'sign-recovery', 'recover'))
  if (view.mayRemove.kind === 'alone') acts.push('remove')
  if (view.mayRemove.kind === 'with-others') acts.push(...together(view.mayRemove, 'sign-removal', 'remove'))
  if (view.leaving !== null) acts.push('leave')
  return acts
}

/** Whoever signs last carries it out, so that nobody has to come back for it. */
function together({ mine, counts, enough }: Signing, sign: PersonAct, carryOut: PersonAct): PersonAct[] {
  if (enough) return [carryOut]
  return counts && !mine ? [sign] : []
}
