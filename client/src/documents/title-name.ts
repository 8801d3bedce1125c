import { epochsOwner } from '@clique/crypto'
import type { RosterState, SpaceId } from '@clique/crypto'
import { chapterPrefix, chapterRoot } from './chapter-name.ts'

/**
 * The name of a conversation stands in a `shared` document of its own, and under `since-join` in one for each archive and circle,
 * as chapters do: nobody can lack what a later name is built on.
 */
const root = 'title'

/** Bytes of the payload of a record that names a conversation: a name, and the one that it takes the place of. */
export const maxTitlePayload = 1024

/** `prefix`: of the chapters that it stands beside. */
export function titleName(prefix: string): string {
  const archive = prefix.slice(chapterRoot.length, -1)
  return archive === '' ? root : `${root}/${archive}`
}

/** Of whatever archive. */
export function isTitle(document: string): boolean {
  return document === root || document.startsWith(`${root}/`)
}

/** All that a space can have, the newest first. */
export function titlesOf(roster: RosterState, space: SpaceId): string[] {
  const owner = epochsOwner(roster, space)
  const newest = [...roster.epochs.values()]
    .filter((epoch) => epoch.space === owner)
    .toSorted((a, b) => b.depth - a.depth || (a.id < b.id ? -1 : 1))
  return [...new Set(newest.map(({ id }) => titleName(chapterPrefix(roster, id))))]
}
