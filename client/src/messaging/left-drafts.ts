import type { Place } from '../storage/place.ts'

/**
 * Drafts of conversations that were left while files of theirs were still being made ready. Whoever opens such a
 * conversation again waits for that, so that no two write one draft.
 */
const left = new Map<Place, Promise<void>>()

/** `saved` resolves when the draft is as it will be. */
export function leaveDraft(place: Place, saved: Promise<void>): void {
  const all = Promise.allSettled([left.get(place), saved]).then(() => {
    if (left.get(place) === all) left.delete(place)
  })
  left.set(place, all)
}

export async function draftsLeft(place: Place): Promise<void> {
  await left.get(place)
}
